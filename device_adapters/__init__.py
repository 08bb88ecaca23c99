"""The outside world at the site: cameras, check-in devices, and a practice camera. Knows nothing of rules or centre."""
