"""What a county or a site may change, and the ground every part stands on: profile, settings, clock, errors."""
