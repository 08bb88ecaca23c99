"""Who may do what: personal accounts with a role and a scope, one-time setup links, sign-in sessions. No default
account."""
