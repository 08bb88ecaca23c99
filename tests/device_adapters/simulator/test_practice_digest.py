"""Only who knows the password gets an answer, and an answer overheard on one connection is of no use on another."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_adapters.simulator.digest import ALGORITHMS, REALM, Challenge, Credentials, response

WHO = Credentials("camera", "s3cret")
URI = "rtsp://127.0.0.1:8554/room-101"


def authorization(challenge: Challenge, who: Credentials, algorithm: str = "MD5", uri: str = URI) -> str:
    proof = response(algorithm, who, challenge.nonce, "DESCRIBE", uri)
    return (
        f'Digest username="{who.user}", realm="{REALM}", nonce="{challenge.nonce}", uri="{uri}", '
        f'response="{proof}", algorithm={algorithm}'
    )


def test_the_response_is_the_one_of_rfc_2617_without_qop() -> None:
    inner = hashlib.md5(f"camera:{REALM}:s3cret".encode()).hexdigest()  # noqa: S324 - the protocol's
    asked = hashlib.md5(f"PLAY:{URI}".encode()).hexdigest()  # noqa: S324
    whole = hashlib.md5(f"{inner}:abc:{asked}".encode()).hexdigest()  # noqa: S324
    assert response("MD5", WHO, "abc", "PLAY", URI) == whole


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_right_password_is_accepted(algorithm: str) -> None:
    challenge = Challenge()
    assert challenge.accepts(authorization(challenge, WHO, algorithm), "DESCRIBE", URI, WHO)


@given(st.text(min_size=1, max_size=30))
def test_any_other_password_is_refused(password: str) -> None:
    challenge = Challenge()
    other = Credentials(WHO.user, password)
    assert challenge.accepts(authorization(challenge, other), "DESCRIBE", URI, WHO) == (password == WHO.password)


@given(st.text(max_size=300))
def test_any_text_for_a_header_is_refused_and_raises_nothing(header: str) -> None:
    assert not Challenge().accepts(header, "DESCRIBE", URI, WHO)
    assert not Challenge().accepts(f"Digest {header}", "DESCRIBE", URI, WHO)


def test_an_answer_is_bound_to_its_connection_method_and_path() -> None:
    challenge = Challenge()
    header = authorization(challenge, WHO)
    assert not Challenge().accepts(header, "DESCRIBE", URI, WHO)
    assert not challenge.accepts(header, "PLAY", URI, WHO)
    assert not challenge.accepts(header, "DESCRIBE", URI.replace("101", "102"), WHO)


def test_a_nonce_never_comes_twice_and_has_128_bits() -> None:
    nonces = {Challenge().nonce for _ in range(1000)}
    assert len(nonces) == 1000
    assert all(len(bytes.fromhex(nonce)) == 16 for nonce in nonces)


def test_both_algorithms_are_offered_and_the_oldest_comes_last() -> None:
    offers = [value for _, value in Challenge().headers()]
    assert [offer.rpartition("algorithm=")[2] for offer in offers] == ["SHA-256", "MD5"]


def test_a_password_is_not_in_the_representation() -> None:
    assert "s3cret" not in repr(WHO)
