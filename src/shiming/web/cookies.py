"""Cookies of ours: no script reads them, and by https no other host can set them (`__Host-`)."""

from starlette.requests import HTTPConnection
from starlette.responses import Response


def by_https(request: HTTPConnection) -> bool:
    """Whether the browser came by https, to us or to the proxy in front of us."""
    come = request.headers.get("x-forwarded-proto", request.url.scheme)
    return come in ("https", "wss") or request.app.state.site.address.startswith("https:")


def name_of(request: HTTPConnection, name: str) -> str:
    """What a cookie is called. Browsers take `__Host-` from this very host only, by https, for all its paths."""
    return f"__Host-{name}" if by_https(request) else name


def value_of(request: HTTPConnection, name: str) -> str:
    """What the browser sent back; empty without one."""
    return request.cookies.get(name_of(request, name), "")


def keep(request: HTTPConnection, response: Response, name: str, value: str, same_site: str,
         seconds: int | None = None) -> None:  # fmt: skip
    """Have the browser keep a value, until it is closed where no time is given. `same_site`: lax or strict."""
    called, safe = name_of(request, name), by_https(request)
    response.set_cookie(called, value, seconds, path="/", secure=safe, httponly=True, samesite=same_site)


def keep_in_frame(request: HTTPConnection, response: Response, name: str, value: str, seconds: int) -> None:
    """The same for a page in another site's frame: the cookie of that site's page alone, which browsers keep there."""
    words = f"{name_of(request, name)}={value}; Path=/; HttpOnly; Secure; SameSite=None; Partitioned"
    response.headers.append("set-cookie", f"{words}; Max-Age={seconds}")


def drop(request: HTTPConnection, response: Response, name: str) -> None:
    """Have the browser forget it."""
    response.delete_cookie(name_of(request, name), path="/", secure=by_https(request), httponly=True)
