"""What schemathesis does not know: an upload's chunks are bytes; `file://…` in an example is what lies there."""

from pathlib import Path
from typing import Any

import schemathesis

schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    case.body = opened(case.body)


def opened(body: Any) -> Any:
    if isinstance(body, str) and body.startswith("file:///"):
        return Path(body.removeprefix("file://")).read_bytes()
    if isinstance(body, list):
        return [opened(each) for each in body]
    return {name: opened(each) for name, each in body.items()} if isinstance(body, dict) else body
