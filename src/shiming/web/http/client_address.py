"""Who asks: the address of the browser or server behind our own proxies. The one reader of X-Forwarded-For."""

from ipaddress import ip_address, ip_network
from typing import Protocol

from starlette.requests import HTTPConnection


class ProxySettings(Protocol):
    trusted_proxies: str


class Proxies:
    """`listed` are addresses or networks of our proxies, parted by commas; what they say of who asks is believed."""

    def __init__(self, listed: str = ""):
        """Raises ValueError showing an entry with a slash that is no network."""
        entries = [entry.strip() for entry in listed.split(",") if entry.strip()]
        self._networks = tuple(_network(entry) for entry in entries if "/" in entry)
        self._alone = frozenset(_plain(entry) for entry in entries if "/" not in entry)

    def trusts(self, address: str) -> bool:
        """Whether this is a proxy of ours."""
        if address in self._alone or not self._networks:
            return address in self._alone
        try:
            ip = ip_address(address)
        except ValueError:
            return False
        return any(ip.version == network.version and ip in network for network in self._networks)

    @classmethod
    def from_settings(cls, settings: ProxySettings) -> "Proxies":
        return cls(settings.trusted_proxies)

    def address(self, request: HTTPConnection) -> str:
        """The last address of X-Forwarded-For that is not a proxy of ours, where a proxy of ours sent it.

        Of several such headers the last counts last: a client may have sent the first.
        """
        asks = _plain(request.client.host) if request.client else ""
        if not self.trusts(asks):
            return asks
        passed = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
        return next((a for a in map(_plain, reversed(passed)) if a and not self.trusts(a)), asks)


def _network(entry: str):
    try:
        return ip_network(entry)
    except ValueError as wrong:
        raise ValueError(f"SHIMING_TRUSTED_PROXIES: {wrong}. Write 10.0.0.2 or 10.0.0.0/24.") from None


def _plain(text: str) -> str:
    """One spelling per address, IPv4 also where it came as IPv6; what is no address stays as it is."""
    try:
        ip = ip_address(text.strip())
    except ValueError:
        return text.strip()
    return str(getattr(ip, "ipv4_mapped", None) or ip)
