"""What all holders' pages share: where they are, what they are called, the built files, the headers that guard them."""

import gzip
import hashlib
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from shiming.brand import Brand
from shiming.store.operations.brands import Brands

ASSETS = Path(str(files("shiming.web.flow"))) / "assets"
KINDS = {".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".svg": "image/svg+xml",
         ".woff2": "font/woff2"}  # fmt: skip
MISSING = (
    "The front end is not built. In the repository: make setup (or .venv/bin/python tools/setup/front_end.py); "
    "an installed package brings it along."
)


class SiteSettings(Protocol):
    titles: str
    contact: str
    embed_origins: str

    def address(self) -> str: ...


@dataclass(frozen=True)
class Site:
    """One installation's pages. `embed` holds the origins that may show them in an iframe."""

    address: str
    titles: dict[str, tuple[str, str]] = field(default_factory=dict)
    contact: str = ""
    embed: tuple[str, ...] = ()
    brand: Brands | None = None

    @classmethod
    def from_settings(cls, settings: SiteSettings) -> "Site":
        """Raises ValueError showing the form of a title that has another one."""
        origins = tuple(filter(None, (origin.strip().rstrip("/") for origin in settings.embed_origins.split(","))))
        titles = dict(_title(entry) for entry in filter(None, settings.titles.split(";")))
        return cls(settings.address(), titles, settings.contact, origins)

    def title(self, app: str) -> dict[str, str]:
        """The name of an app for holders, in both languages."""
        handle, brand = app.rpartition(".")[0], self.look(app) or Brand()
        zh, en = self.titles.get(handle, (handle, handle))
        return {"zh": brand.zh or zh, "en": brand.en or brand.zh or en}

    def look(self, app: str) -> Brand | None:
        """How its operator has set this side of an app to look; None: as it comes."""
        return self.brand(app) if self.brand else None

    def link(self, verification: str, secret: str) -> str:
        """Where the holder goes. The secret stands behind a #, which browsers send to nobody."""
        return f"{self.address}/v/{verification}#{secret}"

    def ready_link(self, ticket: str) -> str:
        """Where the holder goes before there is a verification."""
        return f"{self.address}/go/{ticket}"

    def me(self, account: str, secret: str = "") -> str:
        """An account's own pages; `account` is our id of it. With a secret: a link that lets somebody in."""
        return f"{self.address}/me/{account}" + (f"#{secret}" if secret else "")

    def simple_link(self, verification: str, secret: str) -> str:
        """The same for browsers without script, which do not know what stands behind a #. Looking uses nothing up."""
        return f"{self.address}/v/{verification}/basic/{secret}"


def _title(entry: str) -> tuple[str, tuple[str, str]]:
    app, _, names = entry.strip().partition("=")
    zh, _, en = names.partition("|")
    if not app or not zh:
        raise ValueError(f"SHIMING_TITLES: '{entry}' is not of the form app=名字|English name.")
    return app, (zh, en or zh)


def site_of(request: Request) -> Site:
    """The pages of this installation, which know what operators have set for theirs."""
    state = request.app.state
    if state.site.brand is None:
        state.site = replace(state.site, brand=Brands(state.context.database))
    return state.site


@dataclass(frozen=True)
class Built:
    """The built files: name → content, the same gzipped (fonts are packed already: empty), media type; and one version
    for all. Empty: never built."""

    files: dict[str, tuple[bytes, bytes, str]]
    version: str

    def address(self, name: str) -> str:
        """Where a file is, with its version, so that browsers may keep it for ever."""
        return f"/v/assets/{name}?v={self.version}"


def built(folder: Path = ASSETS) -> Built:
    """What lies in a folder of built files now."""
    paths = [path for path in sorted(folder.rglob("*")) if path.suffix in KINDS] if folder.is_dir() else []
    contents = {path: path.read_bytes() for path in paths}
    version = hashlib.sha256(b"".join(contents.values())).hexdigest()[:12]
    zipped = {path.relative_to(folder).as_posix(): (content, _zipped(path, content), KINDS[path.suffix])
              for path, content in contents.items()}  # fmt: skip
    return Built(zipped, version)


@cache
def _zipped(path: Path, content: bytes) -> bytes:
    """As the build gzipped it, which takes its time and saves 3 %; else now."""
    if path.suffix == ".woff2":
        return b""
    packed = path.with_name(f"{path.name}.gz")
    return packed.read_bytes() if packed.exists() else gzip.compress(content, 9)


def headers(request: Request) -> dict[str, str]:
    """Nothing but our own files, no third party, no script made of text, no frame but the allowed ones."""
    site = site_of(request)
    here = urlsplit(site.address)
    socket = f"{'wss' if here.scheme == 'https' else 'ws'}://{here.netloc}"  # Safari before 16: not part of 'self'
    policy = {
        "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self' blob: data:",
        "font-src": "'self'", "connect-src": f"'self' {socket}", "form-action": "'self'", "base-uri": "'none'",
        "frame-ancestors": " ".join(site.embed) or "'none'",
        "require-trusted-types-for": "'script'", "trusted-types": "vue",
    }  # fmt: skip
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
        "Referrer-Policy": "same-origin",  # with no-referrer, browsers would call our own forms' origin "null"
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }


def html(request: Request, text: str, status: int = 200) -> Response:
    return HTMLResponse(text, status, headers(request))
