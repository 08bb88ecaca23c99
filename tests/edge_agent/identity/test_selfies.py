"""The box's answers, with a real centre on a real port: whatever was sealed or not, the box goes on."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from edge_agent.identity.sealing import SealingKeys
from edge_agent.identity.templates import TemplateStore
from supervisor.contract.sealing import SealingKey
from tests.support.county import post
from tests.support.portraits import portraits
from tests.support.selfie_scene import SelfieScene, selfie_scene
from tests.support.selfies import jpeg, path_of, phone_of, rows, say, sealed_for


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[SelfieScene]:
    with selfie_scene(tmp_path) as made:
        made.enrol(0, "obama", "obama3")
        made.exchange()
        yield made


def phone(scene: SelfieScene, who: int = 0) -> tuple[httpx.Client, dict[str, Any]]:
    made = phone_of(scene.county, scene.school, who)
    say(made, scene.school, True)
    return made, made.get(f"{path_of(scene.school)}/selfie").json()


def send(scene: SelfieScene, client: httpx.Client, body: dict[str, Any]) -> None:
    post(client, f"{path_of(scene.school)}/selfie", body, 201)


def answers(scene: SelfieScene) -> list[str | None]:
    """After the box looked at what waits."""
    scene.exchange()
    scene.answer()
    scene.exchange()
    return [row.result for row in rows(scene.county)]


def test_everybody_gets_the_answer_that_is_theirs(scene: SelfieScene) -> None:
    own, told = phone(scene)
    send(scene, own, sealed_for(told, jpeg(portraits()["obama2"])))
    another, told = phone(scene, 1)
    send(scene, another, sealed_for(told, jpeg(portraits()["obama2"])))
    assert answers(scene) == ["MATCH", "NO_REFERENCE"]
    send(scene, own, sealed_for(phone(scene)[1], jpeg(portraits()["biden"])))
    assert answers(scene) == ["NO_REFERENCE", "NO_MATCH"]
    TemplateStore(scene.box.paths.data_dir).withdraw(scene.school.training["roster"][0]["id"])
    send(scene, own, sealed_for(phone(scene)[1], jpeg(portraits()["obama2"])))
    assert answers(scene) == ["NO_REFERENCE", "NO_REFERENCE"]


def test_what_does_not_open_is_said_and_breaks_nothing(scene: SelfieScene, tmp_path: Path) -> None:
    picture = jpeg(portraits()["obama2"])
    client, told = phone(scene)
    garbage = sealed_for(told, picture) | {"sealed": base64.b64encode(bytes(range(256)) * 8).decode()}
    send(scene, client, garbage)
    assert answers(scene) == ["CANNOT_OPEN"]
    send(scene, client, sealed_for(told, picture, trainee=scene.school.training["roster"][1]["id"]))
    assert answers(scene) == ["CANNOT_OPEN"]
    foreign = SealingKeys(tmp_path / "another box", scene.county.clock).current()
    sealed = sealed_for(told | {"key": foreign.model_dump()}, picture)
    send(scene, client, sealed | {"key_id": SealingKey.model_validate(told["key"]).key_id})
    assert answers(scene) == ["CANNOT_OPEN"]
    second, told = phone(scene, 1)
    send(scene, second, sealed_for(told, b"no picture"))
    assert answers(scene) == ["CANNOT_OPEN", "CANNOT_OPEN"]
    third, told = phone(scene, 2)
    scene.enrol(2, "biden")
    send(scene, third, sealed_for(told, jpeg(portraits()["biden"])))
    assert answers(scene)[-1] == "MATCH"


def test_withdrawn_or_replaced_on_the_way_is_let_go(scene: SelfieScene) -> None:
    client, told = phone(scene)
    send(scene, client, sealed_for(told, jpeg(portraits()["obama2"])))
    scene.exchange()  # the box knows of it
    send(scene, client, sealed_for(told, jpeg(portraits()["obama2"])))
    assert scene.answer() == 0
    scene.exchange()
    say(client, scene.school, False)
    assert scene.answer() == 0
    scene.exchange()
    assert rows(scene.county) == []


def test_a_renewed_key_opens_what_was_sealed_before_it(scene: SelfieScene) -> None:
    client, told = phone(scene)
    send(scene, client, sealed_for(told, jpeg(portraits()["obama2"])))
    scene.keys.renew()
    assert answers(scene) == ["MATCH"]


def test_no_picture_comes_to_the_boxs_disk(scene: SelfieScene) -> None:
    picture = jpeg(portraits()["obama2"])
    client, told = phone(scene)
    sealed = sealed_for(told, picture)
    send(scene, client, sealed)
    assert answers(scene) == ["MATCH"]
    for file in scene.box.paths.data_dir.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert b"\xff\xd8\xff" not in content and picture[1000:1040] not in content, file
            assert base64.b64decode(sealed["sealed"])[:65] not in content, file


def test_the_log_names_nobody(scene: SelfieScene) -> None:
    client, told = phone(scene)
    send(scene, client, sealed_for(told, jpeg(portraits()["obama2"])))
    selfie = str(rows(scene.county)[0].id)
    assert answers(scene) == ["MATCH"]
    (entry,) = [body for body in scene.box.log_bodies() if '"kind":"selfie"' in body]
    assert selfie in entry and '"result":"MATCH"' in entry
    assert told["trainee"] not in entry and told["session_id"] not in entry
