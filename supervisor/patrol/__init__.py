"""Remote patrols and roll calls: who looked at which lesson hour, and what was found (A-23)."""
