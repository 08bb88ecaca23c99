"""Where the box keeps what it has, under one data folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class BoxPaths:
    data_dir: Path

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.data_dir / 'box.db'}"

    @property
    def recordings(self) -> Path:
        """`recordings/<camera_id>/<yyyymmdd, UTC>/<start_ms>.mp4`; while it is written, `.mp4.part`; `.idx` beside
        it.
        """
        return self.data_dir / "recordings"

    @property
    def clips(self) -> Path:
        """`clips/<sha256>.mp4`."""
        return self.data_dir / "clips"

    @property
    def spans(self) -> Path:
        """`spans/<span_id>/<sha256>.mp4`: copies cut for the centre, here only until it has them."""
        return self.data_dir / "spans"

    @property
    def fingerprints(self) -> Path:
        """What `edge_agent.replay` remembers of past lesson hours; no pictures."""
        return self.data_dir / "fingerprints"

    @property
    def key(self) -> Path:
        """The box's Ed25519 private key, PEM, mode 0600; it never leaves the box."""
        return self.data_dir / "box-key.pem"

    @property
    def next_key(self) -> Path:
        """The key that shall take the place of `key`, until the centre has taken it: a file here is the wish."""
        return self.data_dir / "box-key.next.pem"

    @property
    def sealing(self) -> Path:
        """The private keys that trainees' selfies are sealed to: `<made, ms>.pem`, mode 0600, the newest in use."""
        return self.data_dir / "sealing"

    @property
    def ballast(self) -> Path:
        """Room for the index when the disk is full."""
        return self.data_dir / "ballast"

    @property
    def quarantine(self) -> Path:
        """Files the index does not know: kept, never deleted by the program."""
        return self.data_dir / "quarantine"
