"""Leave, make-up check-ins, drop-outs, and trainees who join late."""
