"""A practice camera: a real RTSP server that shows a classroom with real faces, and faults on request."""
