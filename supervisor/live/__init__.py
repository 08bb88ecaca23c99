"""Live pictures from the boxes' cameras to the pages of those who may look."""
