"""What `shiming listen` and `shiming trigger` share: the API of an installation, by a test key, from another machine.

They run beside a developer's own server and go where they are told: no server of ours imports them.
"""

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from shiming.errors import BadInput, ShimingError

SECONDS = 15.0
URL, KEY = "SHIMING_URL", "SHIMING_KEY"


class Refused(ShimingError):
    """The installation said no, or is not there."""


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--url", default=os.environ.get(URL, "http://127.0.0.1:8321"),
                        help=f"where the installation answers; or {URL}")  # fmt: skip
    parser.add_argument("--key", default=os.environ.get(KEY, ""),
                        help=f"a test key (sk_test_…); better in {KEY}: other users can read arguments")  # fmt: skip


def client(chosen: argparse.Namespace) -> httpx.Client:
    """A client of the installation. Raises BadInput where the key cannot be one for tests."""
    if not chosen.key.startswith("sk_test_"):
        raise BadInput(f"Say by which test key (sk_test_…): set {KEY}. `shiming keys add --app myapp` makes one.")
    url = chosen.url.rstrip("/").removesuffix("/v1")
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {chosen.key}"}, timeout=SECONDS)


def asked(api: httpx.Client, method: str, path: str, **given: Any) -> dict[str, Any]:
    """What the API answers. Raises Refused in its words, and httpx.TransportError where nobody answers."""
    answer = api.request(method, f"/v1{path}", **given)
    if not answer.is_success:
        raise Refused(_words(answer))
    return answer.json()


@contextmanager
def reaching(url: str) -> Iterator[None]:
    """Says in one line that nobody answers there."""
    try:
        yield
    except httpx.TransportError as fault:
        raise Refused(f"{url} does not answer ({type(fault).__name__}): --url says where it is.") from fault


def _words(answer: httpx.Response) -> str:
    try:
        return f"{answer.json()['code']}: {answer.json()['detail']}"
    except (ValueError, KeyError, TypeError):
        return f"{answer.request.url} answers {answer.status_code}: is this the address of an installation?"
