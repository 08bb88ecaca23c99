.PHONY: demo check test lint parts screenshots

demo:            ## the main job, on embedded defaults
	uv run supervisor demo

test:            ## the tests
	uv run pytest

check:           ## what CI runs
	.ci/run

lint:            ## style, types, import leanings
	uv run ruff check .
	uv run ruff format --check .
	uv run mypy
	uv run lint-imports

parts:           ## what pip cannot bring: chromium, GStreamer's RTSP server, ffmpeg (Debian, needs root)
	.ci/install-parts

help:
	@grep -E '^[a-z]+:.*##' Makefile | sed 's/:.*##/\t/'
