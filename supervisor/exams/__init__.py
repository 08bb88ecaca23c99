"""Final exams: a result for each trainee, and the end of a class (A-27)."""
