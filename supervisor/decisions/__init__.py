"""What people say to a verdict: explanations, decisions, objections, re-checks, exemptions."""
