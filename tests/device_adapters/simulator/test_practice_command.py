"""`python -m device_adapters.simulator` as a stranger runs it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.device_adapters.simulator.rtsp_client import RtspClient

COMMAND = (sys.executable, "-m", "device_adapters.simulator")


@contextmanager
def running(*options: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([*COMMAND, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=20)


def test_one_room_without_a_file_and_a_clean_end(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    with running("--people", "4", "--port", "0", "--password-file", str(secret), "--verbose") as process:
        assert process.stdout is not None
        line = json.loads(process.stdout.readline())
        password = secret.read_text().strip()
        assert line["ready"] == "/camera"
        assert password not in json.dumps(line)
        with RtspClient(line["url"].replace("***", password)) as client:
            assert client.play().status == 200
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=20) == 0
        output, errors = process.communicate(timeout=20)
        assert password not in output + errors
        assert "Traceback" not in errors


def test_a_file_with_two_rooms_prints_two_lines(tmp_path: Path) -> None:
    config = tmp_path / "cameras.json"
    config.write_text(json.dumps({"port": 0, "password": "s3cret-enough", "cameras": [{"path": "/a"}, {"path": "/b"}]}))
    with running("--config", str(config)) as process:
        assert process.stdout is not None
        lines = [json.loads(process.stdout.readline()) for _ in range(2)]
        assert [line["ready"] for line in lines] == ["/a", "/b"]
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0


def test_mistakes_are_told_in_a_sentence(tmp_path: Path) -> None:
    missing = subprocess.run([*COMMAND, "--config", str(tmp_path / "x")], capture_output=True, text=True, timeout=60)
    assert missing.returncode == 1
    assert "模拟摄像机配置" in missing.stderr
    assert "Traceback" not in missing.stderr
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        busy = subprocess.run([*COMMAND, "--port", port], capture_output=True, text=True, timeout=60)
    assert busy.returncode == 1
    assert "choose another port" in busy.stderr
    crowd = subprocess.run([*COMMAND, "--people", "99"], capture_output=True, text=True, timeout=60)
    assert crowd.returncode == 2
    assert "people" in crowd.stderr


def test_help_says_how_to_try_it_and_the_schema_is_json() -> None:
    described = subprocess.run([*COMMAND, "--help"], capture_output=True, text=True, timeout=60)
    assert "ffplay" in described.stdout
    schema = subprocess.run([*COMMAND, "--schema"], capture_output=True, text=True, timeout=60)
    assert json.loads(schema.stdout)["title"] == "ServerSpec"
