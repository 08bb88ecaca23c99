"""A network opened on OpenVINO the way the box needs it: f32, one thread, no calls home.

f32, so that scores do not differ between processors; one thread, so that capture keeps its cores.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_OPTIONS = {
    "INFERENCE_PRECISION_HINT": "f32",
    "INFERENCE_NUM_THREADS": 1,
    "NUM_STREAMS": 1,
    "ENABLE_CPU_PINNING": False,  # pinned, every process of the box would sit on the same core
}


def open_network(model: Path, shape: Sequence[int] | Mapping[str, Sequence[int]]) -> tuple[Any, str]:
    """An `openvino.InferRequest` and OpenVINO's version.

    `shape`: of the one input, or by input name; -1 where it changes from call to call. A Paddle model is named by its
    .pdmodel; the .pdiparams lies beside it under the same stem. `model` was hashed before: what is in it is trusted.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # it calls home; without it openvino uses its own stub
    import openvino  # here: it takes half a second that most commands need not pay

    core = openvino.Core()
    network = core.read_model(model)
    network.reshape(shape)
    request = core.compile_model(network, "CPU", _OPTIONS).create_infer_request()
    return request, openvino.__version__.split("-")[0]
