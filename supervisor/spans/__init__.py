"""Spans: stretches of the boxes' raw recordings that people at the centre ask for, look at, and let go again."""
