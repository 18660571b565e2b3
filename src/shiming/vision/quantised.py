"""Turns a block-quantised ONNX file into an ordinary one with float weights, in memory.

opencv_zoo stores weights as 8-bit blocks behind DequantizeLinear nodes with a `block_size`, and lists weights among the
graph's inputs; OpenVINO 2026 and OpenCV 5 refuse such files. Here every such node is computed once and its result takes
its place. ONNX is a protocol-buffer file, of which a handful of field numbers is needed (onnx.proto3), so the `onnx`
package is not.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

# Field numbers and element types of onnx.proto3.
GRAPH = 7
NODE, INITIALIZER, INPUT = 1, 5, 11
NODE_INPUT, NODE_OUTPUT, NODE_KIND, NODE_ATTRIBUTE = 1, 2, 4, 5
ATTRIBUTE_NAME, ATTRIBUTE_INT = 1, 3
INPUT_NAME = 1
DIMS, TYPE, FLOATS, INTS, NAME, RAW = 1, 2, 4, 5, 8, 9
TYPES = {1: np.float32, 2: np.uint8, 3: np.int8, 6: np.int32}
FLOAT = 1

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5  # wire types

Piece = bytes | memoryview


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a message. `value` is an int for VARINT, else the bytes."""

    number: int
    kind: int
    value: int | memoryview

    @property
    def text(self) -> str:
        return bytes(self.value).decode()


def unfolded(model: bytes) -> bytes:
    """ONNX bytes → ONNX bytes in which no stored weight is quantised, and only real inputs are listed as inputs."""
    parts: list[Piece] = []
    for field in _fields(model):
        parts += _wrapped(GRAPH, _graph(field.value)) if field.number == GRAPH else [_same(field)]
    return b"".join(parts)


def _graph(graph: memoryview) -> list[Piece]:
    fields = list(_fields(graph))
    stored = {_text(field.value, NAME): field.value for field in fields if field.number == INITIALIZER}
    folded = [field.value for field in fields if field.number == NODE and _is_weight(field.value, stored)]
    spent = {name for node in folded for name in _texts(node, NODE_INPUT)}
    made = {name for field in fields if field.number == NODE for name in _texts(field.value, NODE_OUTPUT)} | set(stored)

    def stays(field: Field) -> bool:
        if field.number == NODE:
            return not _is_weight(field.value, stored)
        if field.number == INITIALIZER:
            return _text(field.value, NAME) not in spent
        return field.number != INPUT or _text(field.value, INPUT_NAME) not in made

    weights = [piece for node in folded for piece in _wrapped(INITIALIZER, _weight(node, stored))]
    return [_same(field) for field in fields if stays(field)] + weights


def _is_weight(node: memoryview, stored: dict[str, memoryview]) -> bool:
    return _text(node, NODE_KIND) == "DequantizeLinear" and all(name in stored for name in _texts(node, NODE_INPUT))


def _weight(node: memoryview, stored: dict[str, memoryview]) -> list[Piece]:
    """The float tensor, as a TensorProto, that a DequantizeLinear node makes of values, scales and zero points."""
    values, scales, *zeros = (_array(stored[name]) for name in _texts(node, NODE_INPUT))
    attributes = [field.value for field in _fields(node) if field.number == NODE_ATTRIBUTE]
    options = {_text(each, ATTRIBUTE_NAME): each for each in attributes}
    axis = _whole(options.get("axis"), 1) % values.ndim
    size = _whole(options.get("block_size"), 0)
    nought = _spread(zeros[0], axis, size, values.shape) if zeros else np.float32(0)
    result = np.subtract(values, nought, dtype=np.float32)
    result *= _spread(scales, axis, size, values.shape)
    name = _texts(node, NODE_OUTPUT)[0].encode()
    dims = [_written(DIMS, VARINT, length) for length in result.shape]
    raw = memoryview(result).cast("B")
    return [*dims, _written(TYPE, VARINT, FLOAT), _written(NAME, BYTES, name), *_wrapped(RAW, [raw])]


def _spread(blocks: np.ndarray, axis: int, size: int, shape: tuple[int, ...]) -> np.ndarray:
    """Scales or zero points, one for each block, channel or tensor, brought to a shape that fits the values."""
    if size:
        wide = np.repeat(blocks, size, axis)
        return wide if wide.shape[axis] == shape[axis] else wide.take(range(shape[axis]), axis)
    if blocks.ndim == 1 and blocks.size > 1:
        return blocks.reshape([-1 if at == axis else 1 for at in range(len(shape))])
    return blocks


def _array(tensor: memoryview) -> np.ndarray:
    kind, shape, raw = np.float32, [], b""
    for field in _fields(tensor):
        if field.number == DIMS:
            shape += [field.value] if field.kind == VARINT else list(_packed(field.value))
        elif field.number == TYPE:
            kind = TYPES[field.value]
        elif field.number in (RAW, FLOATS):
            raw = bytes(field.value)
        elif field.number == INTS:
            raw = np.array(list(_packed(field.value)), np.uint64).astype(kind).tobytes()
    return np.frombuffer(raw, kind).reshape(shape)


def _whole(attribute: memoryview | None, otherwise: int) -> int:
    found = [f.value for f in _fields(attribute) if f.number == ATTRIBUTE_INT] if attribute is not None else []
    return found[0] if found else otherwise


# ── the wire format of protocol buffers ─────────────────────────────────────────────────────────────────────────────


def _fields(message: bytes | memoryview) -> Iterator[Field]:
    view, at = memoryview(message), 0
    while at < len(view):
        key, at = _varint(view, at)
        if key & 7 == VARINT:
            value, at = _varint(view, at)
        else:
            length = {FIXED64: 8, FIXED32: 4}.get(key & 7, 0)
            if key & 7 == BYTES:
                length, at = _varint(view, at)
            value, at = view[at : at + length], at + length
        yield Field(key >> 3, key & 7, value)


def _varint(view: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = view[at]
        value, at, shift = value | (byte & 127) << shift, at + 1, shift + 7
        if byte < 128:
            return value, at


def _packed(view: memoryview) -> Iterator[int]:
    at = 0
    while at < len(view):
        value, at = _varint(view, at)
        yield value


def _texts(message: memoryview, number: int) -> list[str]:
    return [field.text for field in _fields(message) if field.number == number]


def _text(message: memoryview, number: int) -> str:
    return next((field.text for field in _fields(message) if field.number == number), "")


def _wrapped(number: int, parts: list[Piece]) -> list[Piece]:
    """A field made of parts, which are joined once at the end: weights are large, and each copy of them costs."""
    return [_number(number << 3 | BYTES), _number(sum(map(len, parts))), *parts]


def _same(field: Field) -> bytes:
    return _written(field.number, field.kind, field.value)


def _written(number: int, kind: int, value: int | bytes | memoryview) -> bytes:
    key = _number(number << 3 | kind)
    if kind == VARINT:
        return key + _number(value)
    return key + (_number(len(value)) if kind == BYTES else b"") + bytes(value)


def _number(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])
