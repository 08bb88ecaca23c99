"""The supervision certificate: whether a class was effectively supervised from afar (A-26)."""
