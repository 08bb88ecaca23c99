"""Selfies with a check-in: kept sealed until the box has compared them, never readable here."""
