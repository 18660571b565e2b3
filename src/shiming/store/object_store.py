"""Where files lie by URL: a folder, S3, Azure, GCS …, through obstore."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from obstore.exceptions import BaseError
from obstore.store import LocalStore, from_url

from shiming.store.crypto.key_file import sync_folder

FAULTS = (BaseError,)
"""What is raised where storage could not answer."""
# What an operator may say of storage's client in the environment, as AWS_ALLOW_HTTP; options that are given replace it.
_CLIENT = ("allow_http", "allow_invalid_certificates", "connect_timeout", "http1_only", "proxy_url", "timeout")


def at(url: str, seconds: float, **options: Any) -> tuple[Any, Path | None]:
    """The store at `url` (file:///folder, made where missing; s3://bucket/prefix, …), and its folder where it is one.

    No question to it takes longer than so many seconds; `options` are the store's own (see obstore's `from_url`).
    """
    if url.startswith("file:"):
        root = Path(url2pathname(urlsplit(url).path))
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        return LocalStore(root, automatic_cleanup=True), root
    client = {**_client(seconds), **options.pop("client_options", {})}
    again = {"max_retries": 2, "retry_timeout": timedelta(seconds=seconds / 2)}
    return from_url(url, client_options=client, retry_config=again, **options), None


def sync(root: Path, key: str) -> None:
    """obstore renames into place but never syncs: sync the file, its folder, and the folder's name."""
    file = root / key
    handle = os.open(file, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    sync_folder(file.parent)
    sync_folder(root)


def _client(seconds: float) -> dict[str, Any]:
    """How storage's client is to behave: what the environment says, and never to wait longer than we do."""
    given = {name: os.environ[variable] for name in _CLIENT for kind in ("AWS", "AZURE", "GOOGLE")
             if (variable := f"{kind}_{name.upper()}") in os.environ}  # fmt: skip
    return {"timeout": timedelta(seconds=seconds), "connect_timeout": timedelta(seconds=min(3.0, seconds)), **given}
