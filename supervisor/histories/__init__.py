"""All there is of one trainee in one class, for a person who looks into it (A-12, A-20)."""
