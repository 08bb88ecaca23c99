"""Live pictures: the box's own line to the centre, and what goes over it while somebody there looks."""
