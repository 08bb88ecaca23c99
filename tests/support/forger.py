"""What somebody with a bundle, and whatever keys he stole, can make of it."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import rfc8785

from storage.evidence import merkle
from storage.evidence.bundle import HEAD, SHOWN, clip_name, entry_name, proof_name
from storage.evidence.checkpoint import Checkpoint, InclusionProof, box_origin, parse_proof
from storage.evidence.note import Note, Signer

Json = dict[str, Any]


@dataclass
class Files:
    """A bundle's files, to be changed one by one and packed again: no key is needed for that."""

    data: dict[str, bytes]

    @classmethod
    def of(cls, bundle: Path) -> Files:
        with zipfile.ZipFile(bundle) as archive:
            return cls({name: archive.read(name) for name in archive.namelist()})

    def pack(self, out: Path) -> Path:
        with zipfile.ZipFile(out, "w") as archive:
            for name, data in self.data.items():
                archive.writestr(name, data)
        return out

    def indexes(self, log: str) -> list[int]:
        return sorted(
            int(name.split("/")[1][:-5]) for name in self.data if name.startswith(f"{log}/") and name[-1] == "n"
        )

    def entry(self, log: str, index: int) -> Json:
        value: Json = json.loads(self.data[entry_name(log, index)])
        return value

    def find(self, log: str, kind: str) -> list[int]:
        return [index for index in self.indexes(log) if self.entry(log, index)["kind"] == kind]

    def edit(self, log: str, index: int, change: Callable[[Json], object]) -> None:
        value = self.entry(log, index)
        change(value)
        self.data[entry_name(log, index)] = rfc8785.dumps(value)

    def remove(self, log: str, index: int) -> None:
        del self.data[entry_name(log, index)], self.data[proof_name(log, index)]

    def proof(self, log: str, index: int) -> InclusionProof:
        return parse_proof(self.data[proof_name(log, index)])

    def put_proof(self, log: str, index: int, proof: InclusionProof) -> None:
        self.data[proof_name(log, index)] = str(proof).encode()

    def each_note(self, log: str, change: Callable[[Note], Note]) -> None:
        for index in self.indexes(log):
            proof = self.proof(log, index)
            self.put_proof(log, index, InclusionProof(proof.index, proof.hashes, change(proof.note)))

    @property
    def clip(self) -> str:
        (name,) = [name for name in self.data if name.startswith("clips/")]
        return name


@dataclass
class Thief:
    """Has the keys of box, centre log and centre witness: everything he signs verifies, so only its content, and
    witnesses outside, can give him away."""

    box: Signer
    centre: Signer
    witness: Signer
    lesson: str
    at_s: int
    box_entries: list[Json] = field(default_factory=list)
    centre_entries: list[Json] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, files: Files, box: Signer, centre: Signer, witness: Signer) -> Thief:
        head = json.loads(files.data[HEAD])
        receipts = [files.entry("centre", index) for index in files.find("centre", "receipt")]
        return cls(
            box=box,
            centre=centre,
            witness=witness,
            lesson=head["lesson_hour_id"],
            at_s=max(entry["at"] for entry in receipts) // 1000,
            box_entries=[files.entry("box", index) for index in files.indexes("box")],
            centre_entries=[files.entry("centre", index) for index in files.indexes("centre")],
            files={name: data for name, data in files.data.items() if name in SHOWN or name.startswith("clips/")},
        )

    def of_box(self, kind: str) -> list[Json]:
        return [entry for entry in self.box_entries if entry["kind"] == kind]

    def of_centre(self, kind: str) -> list[Json]:
        return [entry for entry in self.centre_entries if entry["kind"] == kind]

    @property
    def verdict(self) -> Json:
        return self.of_box("verdict")[0]

    def replace_clip(self, data: bytes) -> None:
        """In the files and in the verdict entry."""
        (manifest,) = self.verdict["clips"]
        del self.files[clip_name(manifest["sha256"])]
        manifest |= {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        self.files[clip_name(manifest["sha256"])] = data

    def link(self) -> None:
        """Chain each camera's entries anew."""
        ends: dict[str, Json] = {}
        for entry in self.box_entries:
            if "camera" in entry:
                before = ends.get(entry["camera"])
                if before is not None:
                    entry["n"] = before["n"] + 1
                    entry["prev"] = hashlib.sha256(rfc8785.dumps(before)).hexdigest()
                ends[entry["camera"]] = entry

    def pack(self, out: Path, *, receipt_in_log: bool = True) -> Path:
        """Rebuild both logs over the entries as they are now, and sign everything."""
        index = self.box_entries.index(self.verdict) if self.of_box("verdict") else 0
        for entry in self.of_centre("verdict"):
            if entry["details"]["index"] is not None:
                entry["details"]["index"] = index
        box_bodies = [rfc8785.dumps(entry) for entry in self.box_entries]
        origin = box_origin(self.box.name.rpartition("/")[2])
        signed = Checkpoint(origin, len(box_bodies), _root(box_bodies)).signed(self.box)
        receipt = signed.with_lines([self.witness.cosign(signed, self.at_s)])
        own = [entry for entry in self.centre_entries if entry["kind"] not in ("receipt", "bundle_exported")]
        template = self.of_centre("receipt")[-1]
        if receipt_in_log:
            own.append(template | {"details": {"origin": origin, "size": len(box_bodies), "note": str(receipt)}})
        hashes = {name: hashlib.sha256(data).hexdigest() for name, data in self.files.items()}
        (export,) = self.of_centre("bundle_exported")
        listed = {"files": hashes, "box": list(range(len(box_bodies))), "centre": list(range(len(own)))}
        own.append(export | {"details": export["details"] | listed})
        centre_bodies = [rfc8785.dumps(entry) for entry in own]
        head = Checkpoint(self.centre.name, len(centre_bodies), _root(centre_bodies)).signed(self.centre)
        told = {
            "format": "lessonproof/bundle/1",
            "lesson_hour_id": self.lesson,
            "box": origin.rpartition("/")[2],
            "export": len(own) - 1,
        }
        files = {HEAD: rfc8785.dumps(told)} | self.files
        files |= _logged("box", box_bodies, receipt) | _logged("centre", centre_bodies, head)
        return Files(files).pack(out)


def centre_log(bodies: list[bytes], signer: Signer) -> dict[str, bytes]:
    """The files of a centre's log over `bodies`, signed by whoever has its key."""
    return _logged("centre", bodies, Checkpoint(signer.name, len(bodies), _root(bodies)).signed(signer))


def bomb(name: str, size: int) -> bytes:
    """A zip of some kB that says it holds `size` bytes of zeros."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive, archive.open(name, "w") as file:
        for _ in range(size // 2**20):
            file.write(bytes(2**20))
    return out.getvalue()


def _logged(log: str, bodies: list[bytes], note: Note) -> dict[str, bytes]:
    nodes = dict(merkle.growth(0, [merkle.leaf_hash(body) for body in bodies], lambda _: {}))

    def read(keys: Iterable[merkle.Key]) -> Mapping[merkle.Key, bytes]:
        return {key: nodes[key] for key in keys}

    files = {}
    for index, body in enumerate(bodies):
        proof = InclusionProof(index, tuple(merkle.inclusion_proof(index, len(bodies), read)), note)
        files |= {entry_name(log, index): body, proof_name(log, index): str(proof).encode()}
    return files


def _root(bodies: list[bytes]) -> bytes:
    nodes = dict(merkle.growth(0, [merkle.leaf_hash(body) for body in bodies], lambda _: {}))
    return merkle.root(len(bodies), lambda keys: {key: nodes[key] for key in keys})
