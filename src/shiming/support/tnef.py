"""winmail.dat (TNEF, MS-OXTNEF): the body and the attachments that Outlook packs into one; nothing else of it."""

import struct
from dataclasses import dataclass, field

SIGNATURE = b"\x78\x9f\x3e\x22"
MOST_OBJECTS, MOST_PROPS = 2_000, 500
_BODY, _CODEPAGE, _PROPS, _STARTS, _TITLE, _DATA, _MORE = 0x2800C, 0x69007, 0x69003, 0x69002, 0x18010, 0x6800F, 0x69005
_FIXED = {2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 0xA: 4, 0xB: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_TEXT, _HTML, _LONG_NAME, _CONTENT = 0x1000, 0x1013, 0x3707, 0x3701


@dataclass(slots=True)
class Packed:
    """What was packed: attachments as [name, bytes], texts and HTML as (bytes, character set)."""

    files: list[list] = field(default_factory=list)
    texts: list[tuple[bytes, str]] = field(default_factory=list)
    pages: list[tuple[bytes, str]] = field(default_factory=list)


def unpack(data: bytes) -> Packed:
    """Take a TNEF stream apart. Raises ValueError where it is none, or broken."""
    made, at, codepage = Packed(), 6, "gb18030"
    if not data.startswith(SIGNATURE):
        raise ValueError("no TNEF")
    for _ in range(MOST_OBJECTS):
        if at + 9 > len(data):
            return made
        _, name, length = struct.unpack_from("<BII", data, at)
        value, at = data[at + 9 : at + 9 + length], at + 11 + length
        if len(value) < length:
            raise ValueError("cut off")
        if name == _CODEPAGE:
            codepage = f"cp{int.from_bytes(value[:4], 'little')}"
        _take(made, name, value, codepage)
    raise ValueError("too many objects")


def _take(made: Packed, name: int, value: bytes, codepage: str) -> None:
    if name == _STARTS:
        made.files.append([b"", b""])
    elif name == _BODY:
        made.texts.append((value.rstrip(b"\0"), codepage))
    elif name == _PROPS:
        props = _props(value)
        made.texts += [props[_TEXT]] if _TEXT in props else []
        made.pages += [(props[_HTML][0], codepage)] if _HTML in props else []
    elif made.files and name in (_TITLE, _DATA):
        made.files[-1][name == _DATA] = value.rstrip(b"\0") if name == _TITLE else value
    elif made.files and name == _MORE:
        props = _props(value)
        if _LONG_NAME in props:
            made.files[-1][0] = props[_LONG_NAME][0]
        if _CONTENT in props and not made.files[-1][1]:
            made.files[-1][1] = props[_CONTENT][0]


def _props(data: bytes) -> dict[int, tuple[bytes, str]]:
    """MAPI properties that hold bytes or text, as (bytes, character set); what comes after a broken one is left out."""
    found: dict[int, tuple[bytes, str]] = {}
    try:
        (count,), at = struct.unpack_from("<I", data), 4
        for _ in range(min(count, MOST_PROPS)):
            kind, name = struct.unpack_from("<HH", data, at)
            at = _named(data, at + 4) if name >= 0x8000 else at + 4
            many, kind = bool(kind & 0x1000), kind & 0xFFF
            values = 1
            if many or kind not in _FIXED:
                (values,), at = struct.unpack_from("<I", data, at), at + 4
            for _ in range(min(values, MOST_PROPS)):
                size = _FIXED.get(kind)
                if size is None:
                    (size,), at = struct.unpack_from("<I", data, at), at + 4
                    value = data[at : at + size]
                    value = value.decode("utf-16-le", "replace").rstrip("\0").encode() if kind == 0x1F else value
                    found.setdefault(name, (value.rstrip(b"\0") if kind in (0x1E, 0x1F) else value,
                                            "utf-8" if kind == 0x1F else ""))  # fmt: skip
                at += size + (-size % 4)
    except struct.error:
        pass
    return found


def _named(data: bytes, at: int) -> int:
    """Behind a property's own name."""
    kind, number = struct.unpack_from("<II", data, at + 16)
    return at + 24 + (number + (-number % 4) if kind else 0)
