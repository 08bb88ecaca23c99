"""The vision stand itself: its truth, its matching and its tables say what they should. No model, no picture."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.errors import LessonProofError
from supervisor.rules.verdict import VerdictState
from tests.bench.vision_contenders import Detection, Look
from tests.bench.vision_hours import Judged, Shares, profile, verdicts
from tests.bench.vision_lessons import EVERY_S, KINDS, Seen, hour, kept
from tests.bench.vision_lessons import keep as keep_seen
from tests.bench.vision_photos import match
from tests.bench.vision_pictures import SETS, TRUTH, Box, brought, read_truth

HEAD = "file,x,y,w,h\n"


@pytest.mark.parametrize("name", SETS)
def test_every_picture_of_a_set_has_its_row_in_the_truth(name: str) -> None:
    assert set(read_truth(TRUTH / f"{name}.csv")) == {file.name for file in SETS[name]}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("file,x,y\na.jpg,1,2\n", "no column w, h"),
        (HEAD, "it names no picture"),
        (HEAD + "a.jpg,1,2,three,4\n", "line 2"),
        (HEAD + "a.jpg,1,2,0,4\n", "a box of 0 x 4"),
        (HEAD + "a.jpg,1,2,nan,4\n", "a box of nan x 4"),
        (HEAD + "../a.jpg,1,2,3,4\n", "not the name of a file in the folder"),
        (HEAD + "a.jpg,1\n", "line 2"),
    ],
)
def test_a_bad_table_says_what_is_wrong(text: str, problem: str, tmp_path: Path) -> None:
    table = tmp_path / "truth.csv"
    table.write_text(text)
    with pytest.raises(LessonProofError, match=problem) as caught:
        read_truth(table)
    assert caught.value.code == "TRUTH_INVALID"


def test_a_bad_picture_is_named(tmp_path: Path) -> None:
    table = tmp_path / "truth.csv"
    table.write_text(HEAD + "a.jpg,1,2,3,4\n")
    with pytest.raises(LessonProofError, match="FILE_NOT_FOUND"):
        brought(tmp_path, table)
    (tmp_path / "a.jpg").write_bytes(b"no picture")
    with pytest.raises(LessonProofError, match="FILE_NOT_PICTURE"):
        brought(tmp_path, table)


def test_each_face_is_found_once_and_what_is_on_none_is_false() -> None:
    boxes = [Box(0, 0, 10, 10), Box(100, 0, 10, 10), Box(200, 0, 10, 10, ignore=True)]
    finds = [Detection(1, 1, 10, 10), Detection(0, 2, 9, 9), Detection(200, 0, 10, 10), Detection(300, 0, 10, 10)]
    assert match(finds, boxes) == (1, 2)
    assert match([Detection(98, 0, 40, 40)], boxes) == (0, 1)  # four times as high


@pytest.mark.parametrize("number", range(0, 34, 11))
def test_an_hour_is_the_same_whenever_it_is_made(number: int) -> None:
    assert hour(number, 120) == hour(number, 120)
    assert hour(number, 120).kind in KINDS


def test_counts_that_are_the_truth_get_the_verdict_on_the_truth_and_one_too_many_does_not(tmp_path: Path) -> None:
    missing = next(one for one in (hour(each, 120) for each in range(34)) if one.kind == "one missing")
    rules, there = profile(120), missing.required - 1
    seen = [
        Seen(at_s * 1000, there, {"right": Look(there, there, ()), "one more": Look(there + 1, there + 1, ())})
        for at_s in range(0, int(missing.script.seconds), EVERY_S)
    ]
    keep_seen(tmp_path / "hour.json", seen)
    right, more = verdicts(missing, kept(tmp_path / "hour.json") or [], rules)
    assert (right.truth, right.verdict, more.verdict) == (VerdictState.REVIEW, VerdictState.REVIEW, VerdictState.PASS)
    assert Shares.of([right]).wrong_pass == 0
    assert Shares.of([more]).wrong_pass == 1


def test_shares_name_each_way_to_be_wrong() -> None:
    passing, failing, review = VerdictState.PASS, VerdictState.FAIL_PROPOSED, VerdictState.REVIEW
    pairs = [(passing, passing), (passing, failing), (passing, review), (review, failing), (failing, passing)]
    shares = Shares.of([Judged(0, "", "", truth, verdict, 1, 1) for truth, verdict in pairs])
    assert (shares.wrong_pass, shares.wrong_fail, shares.harsher, shares.review, shares.truly_pass) == (1, 1, 1, 1, 3)
