from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidTag

from supervisor.vault import Vault


def test_what_is_sealed_opens_for_its_own_row_only(tmp_path: Path) -> None:
    vault, row = Vault.open(tmp_path), uuid4()
    sealed = vault.seal("14052119900101000X", row)
    assert b"14052119900101000X" not in sealed
    assert Vault.open(tmp_path).unseal(sealed, row) == "14052119900101000X"
    with pytest.raises(InvalidTag):
        vault.unseal(sealed, uuid4())
    assert vault.seal("14052119900101000X", row) != sealed


def test_processes_that_start_together_share_one_key_file(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        vaults = list(pool.map(lambda _: Vault.open(tmp_path), range(16)))
    assert len({vault.lookup("p", "x") for vault in vaults}) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["keys.json"]
    assert (tmp_path / "keys.json").stat().st_mode & 0o777 == 0o600


def test_each_purpose_has_its_own_hashes(tmp_path: Path) -> None:
    vault = Vault.open(tmp_path)
    assert vault.lookup("last4", "1234") != vault.lookup("id_number", "1234")
