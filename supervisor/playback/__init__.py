"""Playback: the recordings of one room on one day, what is pinned to them and what is taken out of them."""
