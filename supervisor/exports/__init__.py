"""Exports with a second person's approval (L13)."""
