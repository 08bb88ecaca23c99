"""A strict ONVIF device in front of a practice camera's stream: what a camera says about itself over HTTP and UDP."""
