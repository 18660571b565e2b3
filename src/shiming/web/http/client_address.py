"""Who asks: the address of the browser or server behind our own proxies. The one reader of X-Forwarded-For."""

from ipaddress import ip_address
from typing import Protocol

from starlette.requests import HTTPConnection


class ProxySettings(Protocol):
    trusted_proxies: str


class Proxies:
    """`listed` are the addresses of our proxies, parted by commas; what they say of who asks is believed."""

    def __init__(self, listed: str = ""):
        self._listed = frozenset(_plain(each) for each in listed.split(",") if each.strip())

    @classmethod
    def from_settings(cls, settings: ProxySettings) -> "Proxies":
        return cls(settings.trusted_proxies)

    def address(self, request: HTTPConnection) -> str:
        """The last address of X-Forwarded-For that is not a proxy of ours, where a proxy of ours sent it.

        Of several such headers the last counts last: a client may have sent the first.
        """
        asks = _plain(request.client.host) if request.client else ""
        if asks not in self._listed:
            return asks
        passed = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
        return next((a for a in map(_plain, reversed(passed)) if a and a not in self._listed), asks)


def _plain(text: str) -> str:
    """One spelling per address, IPv4 also where it came as IPv6; what is no address stays as it is."""
    try:
        ip = ip_address(text.strip())
    except ValueError:
        return text.strip()
    return str(getattr(ip, "ipv4_mapped", None) or ip)
