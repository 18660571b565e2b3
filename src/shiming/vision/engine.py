"""Loading a network into OpenVINO: one thread, full float precision, and no word to anybody.

This is the only place that imports openvino, because importing it sends a usage event unless `openvino_telemetry`
cannot be imported. It is kept out here, before the import; openvino then uses its own silent stand-in.
"""

import sys
from pathlib import Path

sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]

import numpy as np  # noqa: E402
import openvino as ov  # noqa: E402

from shiming.vision.quantised import unfolded  # noqa: E402

# One thread per worker: the pool has as many workers as cores. No pinning, or all workers would share the first core.
# f32, because newer processors would otherwise compute in bfloat16 and a replayed decision would see other scores.
SETTINGS = {
    "INFERENCE_NUM_THREADS": 1,
    "NUM_STREAMS": 1,
    "ENABLE_CPU_PINNING": False,
    "INFERENCE_PRECISION_HINT": "f32",
}


class Net:
    """A network with one input of a fixed shape. Called with an array of that shape, it gives its outputs in order."""

    def __init__(self, path: Path, shape: tuple[int, ...] | None = None):
        core = ov.Core()
        model = core.read_model(unfolded(path.read_bytes()) if path.suffix == ".onnx" else path)
        if shape is not None:
            model.reshape(list(shape))
        self._request = core.compile_model(model, "CPU", SETTINGS).create_infer_request()
        self._outputs = range(len(model.outputs))

    def __call__(self, values: np.ndarray) -> list[np.ndarray]:
        """float32 in, float32 out; the outputs are copies and stay valid."""
        self._request.infer([np.ascontiguousarray(values, np.float32)], share_inputs=True)
        return [self._request.get_output_tensor(at).data.copy() for at in self._outputs]
