"""The keys of selfies: made in the box, readable by nobody else, an old one kept until nothing can come to it."""

from __future__ import annotations

import base64
import stat
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey, derive_private_key
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from config.clock import ManualClock
from config.errors import LessonProofError
from config.settings import EdgeSettings
from edge_agent.identity.sealing import GRACE, SealingKeys, told_key
from supervisor.contract.sealing import OVERHEAD, SUITE, SealingKey, selfie_info
from tests.support.box import START

INFO = selfie_info(UUID(int=1), "T-1", "in", 1_795_000_000_000, "0" * 64)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def keys(tmp_path: Path, clock: ManualClock) -> SealingKeys:
    return SealingKeys(tmp_path / "sealing", clock)


def seal(key: SealingKey, plain: bytes, info: bytes = INFO) -> bytes:
    point = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), base64.b64decode(key.public_key))
    return SUITE.encrypt(plain, point, info)


def test_it_opens_what_was_sealed_to_it_as_what_it_was_sealed(keys: SealingKeys, tmp_path: Path) -> None:
    key = keys.current()
    assert keys.current() == key
    sealed = seal(key, b"picture")
    assert len(sealed) == len(b"picture") + OVERHEAD
    assert keys.open(key.key_id, sealed, INFO) == b"picture"
    assert keys.open(key.key_id, sealed, INFO + b"x") is None
    assert keys.open("0" * 64, sealed, INFO) is None
    other = SealingKeys(tmp_path / "another box", ManualClock(START))
    other.current()
    assert other.open(key.key_id, sealed, INFO) is None
    assert other.open(other.current().key_id, sealed, INFO) is None
    for garbage in (b"", b"x", sealed[:-1], sealed[:64], bytes(200), b"\x04" + bytes(200), sealed + b"x"):
        assert keys.open(key.key_id, garbage, INFO) is None


RFC_9180 = {
    "skRm": "f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2",
    "enc": "04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac9"
    "8536d7b61a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18c4",
    "info": "4f6465206f6e2061204772656369616e2055726e",
    "key": "868c066ef58aae6dc589b6cfdd18f97e",
    "base_nonce": "4e0bc5018beba4bf004cca59",
    "aad": "436f756e742d30",
    "pt": "4265617574792069732074727574682c20747275746820626561757479",
    "ct": "5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f9076ac232e3ab2523f39513434",
}
"""Appendix A.3.1 (our suite, base mode), its first encryption."""


def test_it_is_the_hpke_of_rfc_9180() -> None:
    """The appendix seals with `aad`, a selfie has none: its own key and nonce seal the same text again without."""
    told = {name: bytes.fromhex(value) for name, value in RFC_9180.items()}
    cipher = AESGCM(told["key"])
    assert cipher.encrypt(told["base_nonce"], told["pt"], told["aad"]) == told["ct"]
    sealed = told["enc"] + cipher.encrypt(told["base_nonce"], told["pt"], None)
    private = derive_private_key(int.from_bytes(told["skRm"]), SECP256R1())
    assert SUITE.decrypt(sealed, private, told["info"]) == told["pt"]


def test_the_private_half_is_for_its_owner_only(keys: SealingKeys, tmp_path: Path) -> None:
    keys.current()
    (file,) = (tmp_path / "sealing").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_an_old_key_stays_until_nothing_sealed_to_it_can_come(keys: SealingKeys, clock: ManualClock) -> None:
    old = keys.current()
    sealed = seal(old, b"picture")
    clock.step(60)
    keys.renew()
    new = keys.current()
    assert new != old
    assert keys.open(old.key_id, sealed, INFO) == b"picture"
    renewed = clock.now()
    assert keys.forget_old((), renewed + GRACE) == 0
    assert keys.forget_old((old.key_id,), renewed + 2 * GRACE) == 0
    assert keys.forget_old((), renewed + GRACE + timedelta(seconds=1)) == 1
    assert keys.open(old.key_id, sealed, INFO) is None
    assert keys.forget_old((), renewed + 9 * GRACE) == 0
    assert keys.current() == new


def test_two_made_at_the_same_moment_and_files_that_are_no_keys(keys: SealingKeys, tmp_path: Path) -> None:
    first = keys.current()
    keys.renew()
    second = keys.current()
    assert first != second
    folder = tmp_path / "sealing"
    (folder / "9999999999999.pem").write_bytes(b"not a key")
    (folder / "notes.pem").write_bytes(b"x")
    assert keys.current() == second


@pytest.mark.parametrize("wrong", ["id", "point"])
def test_a_public_key_that_is_none_is_refused(keys: SealingKeys, wrong: str) -> None:
    told = keys.current().model_dump()
    changed = {"key_id": "0" * 64} if wrong == "id" else {"public_key": base64.b64encode(b"\x04" + bytes(64)).decode()}
    with pytest.raises(ValueError):
        SealingKey.model_validate(told | changed)


def test_only_a_box_that_takes_selfies_tells_a_key(tmp_path: Path, clock: ManualClock) -> None:
    folder = tmp_path / "sealing"
    assert told_key(EdgeSettings(identity=True), folder, clock) is None
    assert not folder.exists()
    key = told_key(EdgeSettings(identity=True, selfies=True), folder, clock)
    assert key == SealingKeys(folder, clock).current()
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    assert told_key(EdgeSettings(identity=True, selfies=True), tmp_path / "file", clock) is None
    with pytest.raises(LessonProofError, match="selfies = true needs identity = true"):
        EdgeSettings.load(selfies=True)
