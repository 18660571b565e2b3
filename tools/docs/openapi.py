"""docs/openapi.json: the description of the public API, as `/openapi.json` serves it.

`python -m tools.docs.openapi` writes it; with `--release` also docs/openapi.released.json, which the next version is
compared with (api_changes.py).
"""

import json
import sys
from pathlib import Path

from shiming.web.application import described

DOCS = Path(__file__).parents[2] / "docs"
FILE, RELEASED = DOCS / "openapi.json", DOCS / "openapi.released.json"


def text() -> str:
    return json.dumps(described(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    for file in (FILE, RELEASED) if "--release" in sys.argv else (FILE,):
        file.write_text(text(), "utf-8")
