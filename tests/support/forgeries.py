"""What somebody who has the bundle alone can make of it, and what the verifier must say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from storage.evidence.bundle import PROFILE, VERDICT, clip_name, entry_name, proof_name
from storage.evidence.checkpoint import InclusionProof
from storage.evidence.note import Note
from tests.support.forger import Files


def bit_flip_in_media(files: Files) -> None:
    data = bytearray(files.data[files.clip])
    data[len(data) // 2] ^= 1
    files.data[files.clip] = bytes(data)


def segments_swapped(files: Files) -> None:
    one, other = files.find("box", "segment")[2:4]
    a, b = entry_name("box", one), entry_name("box", other)
    files.data[a], files.data[b] = files.data[b], files.data[a]


def segments_swapped_with_their_proofs(files: Files) -> None:
    segments_swapped(files)
    one, other = files.find("box", "segment")[2:4]
    a, b = proof_name("box", one), proof_name("box", other)
    files.data[a], files.data[b] = files.data[b], files.data[a]


def segment_removed_from_the_middle(files: Files) -> None:
    files.remove("box", files.find("box", "segment")[4])


def head_cut(files: Files) -> None:
    for index in files.find("box", "segment")[:3]:
        files.remove("box", index)


def tail_cut(files: Files) -> None:
    for index in files.find("box", "segment")[-3:]:
        files.remove("box", index)


def tail_cut_with_the_verdict(files: Files) -> None:
    tail_cut(files)
    files.remove("box", files.find("box", "verdict")[0])


def verdict_raised_for_the_reader(files: Files) -> None:
    files.data[VERDICT] = files.data[VERDICT].replace(b'"pass"', b'"exempt"')


def verdict_raised_in_the_boxs_entry(files: Files) -> None:
    files.edit("box", files.find("box", "verdict")[0], lambda entry: entry["verdict"].update(state="exempt"))


def verdict_raised_in_the_centres_entry(files: Files) -> None:
    index = files.find("centre", "verdict")[-1]
    files.edit("centre", index, lambda entry: entry["details"]["verdict"].update(state="exempt"))


def count_series_edited(files: Files) -> None:
    def more(entry: dict[str, Any]) -> None:
        for sample in entry["evidence"]["cameras"][0]["samples"]:
            sample["count"] += 1

    files.edit("box", files.find("box", "verdict")[0], more)


def time_moved(files: Files) -> None:
    index = files.find("box", "verdict")[0]
    files.edit("box", index, lambda entry: entry["evidence"].update(start="2026-11-24T01:00:00Z"))


def check_in_added_afterwards(files: Files) -> None:
    index = files.find("box", "check_in_batch")[-1]
    files.edit("box", index, lambda entry: entry.update(trainees=entry["trainees"] + 1))


def segment_replaced_and_rehashed(files: Files) -> None:
    files.edit("box", files.find("box", "segment")[3], lambda entry: entry.update(sha256="0" * 64))


def another_sites_name(files: Files) -> None:
    files.data["index.html"] = files.data["index.html"].replace("第0培训学校".encode(), "第1培训学校".encode())


def unenrolled_box(files: Files) -> None:
    files.remove("centre", files.find("centre", "box_enrolled")[0])


def receipt_stripped_of_the_centres_cosignature(files: Files) -> None:
    files.each_note("box", lambda note: Note(note.text, note.lines[:1]))


def receipt_unknown_to_the_centres_log(files: Files) -> None:
    files.remove("centre", files.find("centre", "receipt")[-1])


def receipt_replayed(files: Files) -> None:
    """The verdict under an older receipt."""
    first, (verdict,) = files.find("box", "segment")[0], files.find("box", "verdict")
    old = files.proof("box", first)
    files.put_proof("box", verdict, InclusionProof(verdict, old.hashes, old.note))


def clip_of_another_lesson(files: Files) -> None:
    files.data[files.clip] = b"another clip" * 1000


def clip_left_out(files: Files) -> None:
    del files.data[files.clip]


def clip_put_beside(files: Files) -> None:
    files.data[clip_name("ab" * 32)] = b"another clip"


def profile_swapped_for_a_laxer_one(files: Files) -> None:
    files.data[PROFILE] = files.data[PROFILE].replace(b'"clip_min_s":60', b'"clip_min_s":30')


def decision_edited(files: Files) -> None:
    index = files.find("centre", "class_approved")[0]
    files.edit("centre", index, lambda entry: entry.update(at=entry["at"] - 86_400_000))


def export_forgotten(files: Files) -> None:
    files.remove("centre", files.find("centre", "bundle_exported")[-1])


def version_left_out(files: Files) -> None:
    files.remove("centre", files.find("centre", "verdict")[0])


def newest_version_left_out(files: Files) -> None:
    files.remove("centre", files.find("centre", "verdict")[-1])


def entry_of_another_kind_of_text(files: Files) -> None:
    files.data[entry_name("box", files.find("box", "segment")[1])] = b"[]"


def proof_left_out(files: Files) -> None:
    del files.data[proof_name("box", files.find("box", "segment")[1])]


def format_of_the_future(files: Files) -> None:
    files.data["bundle.json"] = files.data["bundle.json"].replace(b"bundle/1", b"bundle/9")


FORGERIES: dict[Callable[[Files], None], set[str]] = {
    bit_flip_in_media: {"CLIP_ALTERED"},
    segments_swapped: {"BOX_ENTRY_UNPROVEN"},
    segments_swapped_with_their_proofs: {"BOX_ENTRY_UNPROVEN"},
    segment_removed_from_the_middle: {"CHAIN_BROKEN", "SEGMENTS_MISSING", "BUNDLE_INCOMPLETE"},
    head_cut: {"SEGMENTS_MISSING"},
    tail_cut: {"SEGMENTS_MISSING"},
    tail_cut_with_the_verdict: {"VERDICT_MISSING"},
    verdict_raised_for_the_reader: {"FILE_ALTERED"},
    verdict_raised_in_the_boxs_entry: {"BOX_ENTRY_UNPROVEN", "VERDICT_MISSING"},
    verdict_raised_in_the_centres_entry: {"CENTRE_ENTRY_UNPROVEN"},
    count_series_edited: {"BOX_ENTRY_UNPROVEN"},
    time_moved: {"BOX_ENTRY_UNPROVEN"},
    check_in_added_afterwards: {"BOX_ENTRY_UNPROVEN", "CHECK_INS_DIFFER"},
    segment_replaced_and_rehashed: {"BOX_ENTRY_UNPROVEN"},
    another_sites_name: {"FILE_ALTERED"},
    unenrolled_box: {"BOX_NOT_ENROLLED"},
    receipt_stripped_of_the_centres_cosignature: {"RECEIPT_INVALID"},
    receipt_unknown_to_the_centres_log: {"RECEIPT_MISSING"},
    receipt_replayed: {"BOX_ENTRY_UNPROVEN"},
    clip_of_another_lesson: {"CLIP_ALTERED"},
    clip_left_out: {"CLIP_MISSING", "BUNDLE_INCOMPLETE"},
    clip_put_beside: {"FILE_UNKNOWN"},
    profile_swapped_for_a_laxer_one: {"FILE_ALTERED", "PROFILE_DIFFERS"},
    decision_edited: {"CENTRE_ENTRY_UNPROVEN", "NOT_APPROVED"},
    export_forgotten: {"EXPORT_MISSING"},
    version_left_out: {"CENTRE_VERDICT_MISSING"},
    newest_version_left_out: {"BUNDLE_INCOMPLETE"},
    entry_of_another_kind_of_text: {"BOX_ENTRY_UNPROVEN"},
    proof_left_out: {"BUNDLE_INCOMPLETE"},
    format_of_the_future: {"BUNDLE_MALFORMED"},
}
"""What is done to the bundle → failures that must be named (others may follow from them)."""
