"""What happened in a lesson hour: the boxes' logs, evidence, verdicts, clips, and who looked at them."""
