"""Loading a network into OpenVINO: one thread, full float precision, and no word to anybody.

This is the only place that imports openvino, because importing it sends a usage event unless `openvino_telemetry`
cannot be imported. It is kept out here, before the import; openvino then uses its own silent stand-in. Its converter of
models is kept out too: nothing here needs it, and loading it costs 20 ms.
"""

import platform
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
sys.modules.setdefault("openvino.tools.ovc", None)  # type: ignore[arg-type]

import numpy as np  # noqa: E402
import openvino as ov  # noqa: E402
from openvino.preprocess import PrePostProcessor  # noqa: E402

from shiming.vision.compiled_cache import keep, kept  # noqa: E402
from shiming.vision.weights import row  # noqa: E402

# One thread per worker: the pool has as many workers as cores. No pinning, or all workers would share the first core.
# f32, because newer processors would otherwise compute in bfloat16 and a replayed decision would see other scores.
SETTINGS = {
    "INFERENCE_NUM_THREADS": 1,
    "NUM_STREAMS": 1,
    "ENABLE_CPU_PINNING": False,
    "INFERENCE_PRECISION_HINT": "f32",
}


class Net:
    """A network that looks at one picture of fixed size. Called with the picture, it gives its outputs in order.

    `size` (width, height) sets the size where the file leaves it open. `rgb`: the network was trained on RGB. `scale`:
    pixels are divided by it. `planes`: the network wants colours apart (1, 3, H, W), else together (1, H, W, 3).
    """

    def __init__(
        self,
        path: Path,
        size: tuple[int, int] | None = None,
        rgb: bool = False,
        scale: float | None = None,
        planes: bool = True,
    ):
        compiled, held = _ready(path, size, rgb, scale, planes)
        self._pixels = np.zeros(tuple(compiled.input(0).shape), np.uint8)
        self._outputs = [np.zeros(tuple(output.shape), np.float32) for output in compiled.outputs]
        self._request = compiled.create_infer_request()
        self._request.set_input_tensor(ov.Tensor(self._pixels, shared_memory=True))
        for at, output in enumerate(self._outputs):
            self._request.set_output_tensor(at, ov.Tensor(output, shared_memory=True))
        self._held = held  # weights that the network reads in place; last, so that it is the last to go

    def __call__(self, picture: np.ndarray) -> list[np.ndarray]:
        """uint8 (H, W, 3) BGR, or (H, W) grey, in; float32 out. The outputs are copies and stay valid."""
        self._pixels.reshape(picture.shape)[:] = picture
        self._request.infer()
        return [output.copy() for output in self._outputs]


def _ready(
    path: Path, size: tuple[int, int] | None, rgb: bool, scale: float | None, planes: bool
) -> tuple[ov.CompiledModel, ov.Tensor | None]:
    """The network as an earlier start left it in the folder `compiled`, and the memory that it needs for as long as it
    lives; else compiled now, for seven times the CPU, and left there.

    It is the same network only with the same weights, for the same processor, by the same OpenVINO.
    """
    core = ov.Core()
    file = path.parent / "compiled" / f"{path.stem}{'-{}x{}'.format(*size) if size else ''}.blob"
    made_from = f"{row(path.name).sha256} {size} {rgb} {scale} {planes} {SETTINGS} {ov.__version__} {_processor()}"
    if (found := kept(file, made_from)) is not None:
        blob = ov.Tensor(found, shared_memory=True)
        with suppress(RuntimeError):  # refused all the same: as good as none
            return core.import_model(blob, "CPU", SETTINGS), blob
    model = _read(core, path)
    if size is not None:
        model.reshape([1, 3, size[1], size[0]])
    compiled = core.compile_model(_fed_with_pixels(model, rgb, scale, planes), "CPU", SETTINGS)
    keep(file, made_from, compiled.export_model().getvalue())
    return compiled, None


def _read(core: ov.Core, path: Path) -> ov.Model:
    if path.suffix != ".onnx":
        return core.read_model(path)
    from shiming.vision.quantised import unfolded  # not above: seldom needed

    return core.read_model(unfolded(path.read_bytes()))


@cache
def _processor() -> str:
    """What this processor can do, as Linux tells it; elsewhere its name."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith(("flags", "Features"))), platform.processor())


def _fed_with_pixels(model: ov.Model, rgb: bool, scale: float | None, planes: bool) -> ov.Model:
    """The network with its first step before it: from a picture's bytes to the numbers that it wants."""
    steps = PrePostProcessor(model)
    steps.input().tensor().set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
    steps.input().model().set_layout(ov.Layout("NCHW" if planes else "NHWC"))
    steps.input().preprocess().convert_element_type(ov.Type.f32)
    if rgb:
        steps.input().preprocess().reverse_channels()
    if scale is not None:
        steps.input().preprocess().scale(scale)
    return steps.build()
