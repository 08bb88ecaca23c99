"""What is kept, and for how long: databases, objects, evidence."""
