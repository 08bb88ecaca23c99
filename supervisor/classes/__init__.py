"""Institutions, training classes, rosters, plans: from the opening application to the lesson hours."""
