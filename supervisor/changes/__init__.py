"""Changes to an approved plan: substitute, moved lesson, other room, cancelled lesson, make-up lesson."""
