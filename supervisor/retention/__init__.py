"""How long evidence stays at the centre: legal holds, terms that only rise, retirement, scrubbing."""
