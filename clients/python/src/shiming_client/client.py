"""`Shiming` and `AsyncShiming`: every call of the API as a method, over what is generated from its description."""

import os
from typing import Any

import httpx

from shiming_client.made.calls import AsyncCalls, Calls
from shiming_client.made.client import AuthenticatedClient
from shiming_client.transport import AsyncRetryingTransport, Retries, RetryingTransport

SECONDS = 60.0


def _made(base_url: str | None, key: str | None, seconds: float, transport: Any) -> AuthenticatedClient:
    """The generated client. Address and key may come from SHIMING_URL and SHIMING_KEY."""
    url, secret = base_url or os.environ.get("SHIMING_URL", ""), key or os.environ.get("SHIMING_KEY", "")
    if not (url and secret):
        raise ValueError("Say where and by which key: Shiming(base_url, key), or set SHIMING_URL and SHIMING_KEY.")
    url = url.rstrip("/").removesuffix("/v1")
    return AuthenticatedClient(
        base_url=url, token=secret, timeout=httpx.Timeout(seconds), httpx_args={"transport": transport}
    )


class Shiming(Calls):
    """The API by one key. Safe to share among threads; close it, or use it in a `with`.

    `base_url`: where the installation answers, without `/v1`. `seconds`: for one try. `transport`: what sends, if not
    httpx. `raw`: the generated client, for the modules in `shiming_client.made.api`.
    """

    def __init__(self, base_url: str | None = None, key: str | None = None, *, seconds: float = SECONDS,
                 retries: Retries | None = None, transport: httpx.BaseTransport | None = None):  # fmt: skip
        sends = RetryingTransport(transport or httpx.HTTPTransport(), retries or Retries())
        self.raw = _made(base_url, key, seconds, sends)

    def request(self, method: str, path: str, **given: Any) -> Any:
        """Any call by its address, `/v1/…`, in plain JSON: for what is newer than this client, or shorter so."""
        answer = self.raw.get_httpx_client().request(method, path, **given)
        return answer.json() if answer.content else None

    def close(self) -> None:
        self.raw.get_httpx_client().close()

    def __enter__(self) -> "Shiming":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncShiming(AsyncCalls):
    """The same, awaited; close it by `await api.aclose()`, or use it in an `async with`."""

    def __init__(self, base_url: str | None = None, key: str | None = None, *, seconds: float = SECONDS,
                 retries: Retries | None = None, transport: httpx.AsyncBaseTransport | None = None):  # fmt: skip
        sends = AsyncRetryingTransport(transport or httpx.AsyncHTTPTransport(), retries or Retries())
        self.raw = _made(base_url, key, seconds, sends)

    async def request(self, method: str, path: str, **given: Any) -> Any:
        """Any call by its address, `/v1/…`, in plain JSON: for what is newer than this client, or shorter so."""
        answer = await self.raw.get_async_httpx_client().request(method, path, **given)
        return answer.json() if answer.content else None

    async def aclose(self) -> None:
        await self.raw.get_async_httpx_client().aclose()

    async def __aenter__(self) -> "AsyncShiming":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
