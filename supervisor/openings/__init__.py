"""Opening applications: what a class needs before it begins, who signed it, who reviewed it."""
