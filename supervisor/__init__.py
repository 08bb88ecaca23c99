"""The rules, the wire contract with the box, and the centre (county, later province)."""
