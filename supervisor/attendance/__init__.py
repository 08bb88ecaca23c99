"""Check-ins, and the attendance that follows from them."""
