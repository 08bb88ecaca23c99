"""Rosters: import from a file, comparison with lists, and what a person decides about a hit (A-05, A-06; RULES 2.7)."""
