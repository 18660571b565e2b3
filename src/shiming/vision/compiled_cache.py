"""What was worked out once and is kept on this machine's disk, so that the next start need not work it out again.

A file ends with the hash of its content and of what that was made from. A file that is cut off, damaged or made from
something else is as good as none. Nothing here tells who wrote it: the folder must be as well guarded as the program.
"""

import hashlib
import tempfile
from contextlib import suppress
from pathlib import Path

import numpy as np

HASH = hashlib.sha256().digest_size


def kept(file: Path, made_from: str) -> np.ndarray | None:
    """The bytes that `keep` was given with the same `made_from`, mapped; None where there are none, or not unharmed."""
    try:
        whole = np.memmap(file, np.uint8, "c")
    except (OSError, ValueError):  # none, or empty
        return None
    content, told = whole[:-HASH], whole[-HASH:]
    return content if told.tobytes() == _hash(made_from, content) else None


def keep(file: Path, made_from: str, content: bytes) -> None:
    """Keeps the content, whole or not at all; not where the folder must not be written to."""
    with suppress(OSError):
        file.parent.mkdir(exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, prefix=".new-") as target:
            target.writelines((content, _hash(made_from, content)))
            target.flush()
            Path(target.name).replace(file)  # what the end of `with` wants to delete is then gone


def _hash(made_from: str, content: bytes | np.ndarray) -> bytes:
    found = hashlib.sha256(f"{made_from}\n".encode())
    found.update(content)
    return found.digest()
