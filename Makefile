.PHONY: demo check test faults fuzz lint parts help

demo:            ## the main job, on embedded defaults
	uv run supervisor demo

test:            ## the tests
	uv run pytest

check:           ## what CI runs
	.ci/run

faults:          ## break a running box in every way (minutes)
	uv run pytest tests/faults -m faults

fuzz:            ## damaged input from outside; SECONDS=600 for the long run
	uv run python -m tests.fuzz --seconds $${SECONDS:-60}

lint:            ## style, types, import leanings
	uv run ruff check .
	uv run ruff format --check .
	uv run mypy
	uv run lint-imports

parts:           ## what pip cannot bring: chromium, GStreamer's RTSP server, ffmpeg, sigsum-go (Debian, needs root)
	.ci/install-parts

help:
	@grep -E '^[a-z]+:.*##' Makefile | sed 's/:.*##/\t/'
