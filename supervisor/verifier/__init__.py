"""The offline verifier of a bundle: whether a lesson hour's evidence is what was recorded, counted, judged and
witnessed then, without asking anybody.

It stands alone: it imports `storage.evidence`, `supervisor.rules`, `config.profile` and libraries, nothing else of
ours, and no network. `python -m supervisor.verifier X.zip --policy POLICY.json` is the same as `supervisor verify`.
docs/bundle.md has the format, so that somebody else can write another.
"""
