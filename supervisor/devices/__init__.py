"""Sites, rooms, cameras and boxes: enrolment, identity, target state, reported state."""
