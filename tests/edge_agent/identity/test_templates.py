"""The template store on a real disk: consent, encryption, the day of deletion, damage."""

from __future__ import annotations

import stat
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.errors import LessonProofError
from edge_agent.identity import templates as module
from edge_agent.identity.templates import Consent, Enrolled, TemplateStore
from supervisor.rules.evidence import Counter

NOW = datetime(2026, 9, 1, 8, tzinfo=UTC)
TODAY = date(2026, 9, 1)
SFACE = Counter("sface", "0b" * 32, "openvino 2026.4.1", 0.45)
DLIB = Counter("dlib-resnet-v1", "55" * 32, "dlib 20.0.1", 0.6)


def template(seed: int) -> np.ndarray:
    values = np.random.default_rng(seed).standard_normal(128).astype(np.float32)
    return values / np.linalg.norm(values)


def person(trainee: str = "T-1", photographs: int = 2, **changes: object) -> Enrolled:
    return replace(
        Enrolled(
            trainee=trainee,
            engine=SFACE,
            templates=tuple(template(n) for n in range(photographs)),
            consent=Consent("C-1", "2026-1", NOW - timedelta(hours=1)),
            enrolled_at=NOW,
            delete_on=date(2026, 12, 25),
        ),
        **changes,
    )


@pytest.fixture
def store(tmp_path: Path) -> TemplateStore:
    return TemplateStore(tmp_path)


def files(data: Path) -> list[Path]:
    return sorted((data / "identity").iterdir())


def test_what_was_enrolled_is_read_again_by_another_process(store: TemplateStore, tmp_path: Path) -> None:
    store.enrol(person("T-2", 1))
    store.enrol(person("T-1", 3))
    again = TemplateStore(tmp_path).read()
    assert [each.trainee for each in again.people] == ["T-1", "T-2"] and not again.problems
    first = again.people[0]
    assert replace(first, templates=()) == replace(person("T-1"), templates=())
    assert all(
        np.array_equal(mine, theirs) for mine, theirs in zip(first.templates, person("T-1", 3).templates, strict=True)
    )


def test_the_disk_shows_neither_reference_nor_template_nor_consent(store: TemplateStore, tmp_path: Path) -> None:
    store.enrol(person("trainee-0412"))
    (path,) = files(tmp_path)
    content = path.name.encode() + path.read_bytes()
    for secret in (b"0412", b"sface", b"C-1", person().templates[0].tobytes()[:16]):
        assert secret not in content
    assert b"2026-12-25" in content
    for secret_file in (path, tmp_path / "identity-key.bin"):
        assert stat.S_IMODE(secret_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "consent",
    [
        Consent("", "2026-1", NOW),
        Consent("C-1", " ", NOW),
        Consent("C-1", "2026-1", NOW + timedelta(seconds=1)),
    ],
    ids=["no record", "no text", "given tomorrow"],
)
def test_without_consent_nothing_is_kept(store: TemplateStore, tmp_path: Path, consent: Consent) -> None:
    with pytest.raises(LessonProofError, match="CONSENT_MISSING"):
        store.enrol(person(consent=consent))
    assert list(tmp_path.iterdir()) == []


def test_nobody_is_enrolled_for_a_class_that_is_over_nor_without_a_reference(store: TemplateStore) -> None:
    with pytest.raises(LessonProofError, match="CLASS_OVER"):
        store.enrol(person(delete_on=TODAY))
    for reference in ("", " T-1", "T" * 101):
        with pytest.raises(LessonProofError, match="TRAINEE_REFERENCE"):
            store.enrol(person(reference))
    assert store.count().count == 0


def test_withdrawing_deletes_at_once_and_enrolling_again_replaces(store: TemplateStore, tmp_path: Path) -> None:
    assert not store.withdraw("T-1")
    assert list(tmp_path.iterdir()) == []
    store.enrol(person("T-1"))
    store.enrol(person("T-1", 1))
    store.enrol(person("T-2"))
    assert [len(each.templates) for each in store.read().people] == [1, 2]
    before = store.generation()
    assert store.withdraw("T-1") and not store.withdraw("T-1")
    assert [each.trainee for each in store.read().people] == ["T-2"]
    assert store.generation() != before
    assert len(files(tmp_path)) == 1


def test_what_has_reached_its_day_is_deleted_even_without_the_key(store: TemplateStore, tmp_path: Path) -> None:
    store.enrol(person("T-1", delete_on=date(2026, 9, 8)))
    store.enrol(person("T-2", delete_on=date(2026, 9, 9)))
    (tmp_path / "identity" / ".torn.face").write_bytes(b"a draft that a crash left")
    assert list(store.roster(SFACE, date(2026, 9, 8)).templates) == ["T-2"]  # also before the job has run
    (tmp_path / "identity-key.bin").unlink()
    assert TemplateStore(tmp_path).purge(date(2026, 9, 7)) == module.Purged(0, 2, ())
    assert TemplateStore(tmp_path).purge(date(2026, 9, 8)) == module.Purged(1, 1, ())
    assert len(files(tmp_path)) == 1


def test_a_lost_key_is_an_error_and_never_a_new_key(store: TemplateStore, tmp_path: Path) -> None:
    store.enrol(person())
    for content in (None, b"short"):
        (tmp_path / "identity-key.bin").unlink()
        if content is not None:
            (tmp_path / "identity-key.bin").write_bytes(content)
        other = TemplateStore(tmp_path)
        for act in (
            other.read,
            lambda other=other: other.enrol(person("T-2")),
            lambda other=other: other.withdraw("T-1"),
        ):
            with pytest.raises(LessonProofError, match="IDENTITY_KEY_MISSING"):
                act()
        (tmp_path / "identity-key.bin").write_bytes(b"")


def test_a_file_of_another_key_or_in_anothers_place_does_not_open(store: TemplateStore, tmp_path: Path) -> None:
    store.enrol(person("T-1"))
    store.enrol(person("T-2"))
    one, two = files(tmp_path)
    one.write_bytes(two.read_bytes())
    contents = store.read()
    assert len(contents.people) == 1
    assert [problem.code for problem in contents.problems] == ["TEMPLATE_DAMAGED"]
    assert contents.problems[0].where == str(one)


def test_a_day_of_deletion_that_was_moved_does_not_open(store: TemplateStore, tmp_path: Path) -> None:
    store.enrol(person())
    (path,) = files(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"2026-12-25", b"2036-12-25"))
    assert store.read().people == ()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damage_is_named_and_skipped_wherever_it_is(tmp_path_factory, data) -> None:
    folder = tmp_path_factory.mktemp("box")
    store = TemplateStore(folder)
    store.enrol(person("T-1", 1))
    store.enrol(person("T-2", 1))
    victim = files(folder)[0]
    content = bytearray(victim.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    kind = data.draw(st.sampled_from(["bit", "cut", "longer"]))
    if kind == "bit":
        content[place] ^= 1 << data.draw(st.integers(0, 7))
    elif kind == "cut":
        del content[place:]
    else:
        content += b"\0"
    victim.write_bytes(content)
    contents = store.read()
    assert len(contents.people) == 1
    assert [problem.where for problem in contents.problems] == [str(victim)]
    purged = store.purge(TODAY)
    assert purged.deleted + purged.kept + len(purged.damaged) == 2
    assert not purged.deleted or kind == "bit"  # an earlier day is believed: deleting too early harms nobody


def test_templates_of_another_engine_are_named_and_left_out(store: TemplateStore) -> None:
    store.enrol(person("T-1"))
    store.enrol(person("T-2", engine=DLIB))
    newer = replace(SFACE, engine="openvino 2027.1", threshold=0.5)
    roster = store.roster(newer, TODAY)
    assert list(roster.templates) == ["T-1"]
    assert [(problem.code, problem.where) for problem in roster.problems] == [("TEMPLATE_OTHER_ENGINE", "T-2")]


def test_the_number_of_persons_warns_before_a_filing_is_due(store: TemplateStore, monkeypatch) -> None:
    assert (module.FILING_NEAR, module.FILING_DUE) == (80_000, 100_000)
    monkeypatch.setattr(module, "FILING_NEAR", 2)
    monkeypatch.setattr(module, "FILING_DUE", 3)
    warnings = []
    for number in range(4):
        warnings.append(store.count().warning)
        store.enrol(person(f"T-{number}", 1))
    assert warnings == [None, None, "FILING_NEAR", "FILING_DUE"]


def test_a_disk_that_cannot_be_written_is_an_error_with_a_code(tmp_path: Path) -> None:
    store = TemplateStore(tmp_path)
    store.enrol(person("T-1"))
    (tmp_path / "identity").rename(tmp_path / "away")
    (tmp_path / "identity").write_text("a file where the folder was")
    with pytest.raises(LessonProofError, match="IDENTITY_STORE"):
        store.enrol(person("T-2"))
