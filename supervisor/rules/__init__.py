"""The rules, as pure functions: frozen dataclasses in, frozen dataclasses out; no I/O, no clock, no logging.

Anyone can recompute any verdict from its evidence with nothing but this package and `config.profile`.
"""
