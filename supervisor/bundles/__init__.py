"""Bundles: a lesson hour packed so that it proves itself to somebody who trusts neither the school, nor the county, nor
us."""
