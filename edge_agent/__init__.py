"""The box at the site: records, counts, judges each lesson hour, keeps the evidence, and tells the centre when it can."""
