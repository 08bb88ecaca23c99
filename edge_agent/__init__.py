"""The box at the site: it records, counts, judges each lesson hour, keeps the evidence, and reports to the centre."""
