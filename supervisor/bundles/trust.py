"""The policy that this centre would have auditors use."""

from __future__ import annotations

from sqlalchemy import select

from storage.evidence.note import COSIGNATURE
from supervisor.audit.cosigning import quorum
from supervisor.centre import Centre
from supervisor.devices.models import Box
from supervisor.profiles import profile_named, profile_names
from supervisor.verifier.policy import FORMAT, Policy, Revoked, Witness


def policy_of(centre: Centre) -> Policy:
    """More than half of the outside witnesses must have cosigned; whoever checks may demand more."""
    with centre.uow.read() as session:
        revoked = session.scalars(select(Box).where(Box.revoked_at.is_not(None)).order_by(Box.revoked_at)).all()
    return Policy(
        format=FORMAT,
        log=str(centre.log_signer.verifier()),
        witness=str(centre.witness.verifier(COSIGNATURE)),
        witnesses=tuple(Witness(name=one.name, vkey=str(one.verifier)) for one in centre.outside),
        quorum=quorum(centre),
        revoked=tuple(Revoked(box=box.id, at=box.revoked_at) for box in revoked if box.revoked_at is not None),
        profiles={name: profile_named(name).digest() for name in profile_names()},
    )
