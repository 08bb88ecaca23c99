"""Credit grades of institutions, and sampling plans drawn by them (B-18, B-19, Q20)."""
