"""The feed to the real-name registry (实名制系统): outbox, adapters, reconciliation (A-31, B-13, B-15)."""
