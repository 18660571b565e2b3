"""Addresses that we are asked to fetch: how they may be written, and where they must not lead.

Where a name leads is asked elsewhere (`egress.py`); here it is judged, by the IANA registries of special addresses and
by what clouds give their metadata services. What cannot be read in one way only is refused.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from shiming.errors import BadInput

Ip = IPv4Address | IPv6Address
PORTS = {"http": 80, "https": 443}
PUBLIC = "public"
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PARTS = re.compile(r"(https?)://([^/?#]*)([^?#]*)(\?[^#]*)?(?:#.*)?", re.IGNORECASE)
_BLANKS = re.compile(r"[\x00-\x20\x7f\\]")
_INSIDE = ("localhost", "localdomain", "local", "internal", "intranet", "lan", "home", "corp", "home.arpa", "arpa")
_METADATA_NAMES = frozenset({
    "metadata", "metadata.google.internal", "metadata.goog", "metadata.tencentyun.com", "instance-data",
    "instance-data.ec2.internal",
})  # fmt: skip
# Amazon, Aliyun, Oracle, Azure, Google and Scaleway; most others lie in 169.254.0.0/16, which is never allowed at all.
_METADATA = frozenset(map(ip_address, (
    "169.254.169.254", "169.254.170.2", "169.254.170.23", "169.254.0.23", "100.100.100.200", "192.0.0.192",
    "168.63.129.16", "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fd00:42::42",
)))  # fmt: skip
_NAT64 = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))
_KINDS = tuple((kind, tuple(map(ip_network, networks.split()))) for kind, networks in {
    "loopback": "127.0.0.0/8 ::1/128",
    "link_local": "169.254.0.0/16 fe80::/10",
    "unspecified": "0.0.0.0/8 ::/128",
    "private": "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 fc00::/7 fec0::/10",
    "multicast": "224.0.0.0/4 ff00::/8",
}.items())  # fmt: skip
_GLOBAL = ip_network("2000::/3")
NEVER = ("metadata", "link_local", "unspecified", "multicast")
"""Kinds that no setting opens."""


class Forbidden(BadInput):
    """An address that is not fetched. `kind` says why in one word, for logs."""

    def __init__(self, kind: str, message: str):
        super().__init__(message, "address_not_allowed")
        self.kind = kind


_USER = Forbidden("user", "Leave user name and password out of the address.")


@dataclass(frozen=True, slots=True)
class Address:
    """A web address with one reading: `host` is lower-case ASCII without brackets, `target` path and query."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def place(self) -> str:
        """Host and port as the `Host` header names them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Allowed:
    """Private places that may be fetched all the same: host, address or network, each for one port or for all."""

    names: frozenset[tuple[str, int | None]] = frozenset()
    networks: tuple[tuple[IPv4Network | IPv6Network, int | None], ...] = ()

    @classmethod
    def of(cls, setting: str) -> "Allowed":
        """From `127.0.0.1:8080,10.0.0.0/8,[fd00::1]:443,idp.house.cn`. Raises ValueError showing the entry."""
        names, networks = set(), []
        for entry in filter(None, (each.strip().lower() for each in setting.split(","))):
            host, port = _entry(entry)
            try:
                networks.append((ip_network(host), port))
            except ValueError:
                if not all(map(_LABEL.fullmatch, host.split("."))) or _NUMBER.fullmatch(host.rpartition(".")[2]):
                    raise ValueError(f"'{entry}' is no host, address or network, with or without a port.") from None
                names.add((host, port))
        return cls(frozenset(names), tuple(networks))

    def name(self, host: str, port: int) -> bool:
        return (host, port) in self.names or (host, None) in self.names

    def address(self, ip: Ip, port: int) -> bool:
        return any(only in (None, port) and ip.version == network.version and ip in network
                   for network, only in self.networks)  # fmt: skip


NOTHING = Allowed()


def _entry(entry: str) -> tuple[str, int | None]:
    found = re.fullmatch(r"\[([0-9a-f:.]+)\](?::(\d{1,5}))?|([^:]+):(\d{1,5})", entry)
    host, port = ((found[1] or found[3]), (found[2] or found[4])) if found else (entry, None)
    return host, int(port) if port else None


def read(url: str, allowed: Allowed = NOTHING) -> Address:
    """Understand an address of http or https, and refuse what its text alone shows to lead inside. Raises Forbidden."""
    scheme, netloc, target = _split(url)
    host, port = host_of(netloc), _port(netloc, scheme)
    judge_host(host, port, allowed)
    if port not in PORTS.values() and port < 1024 and not opened(host, port, allowed):
        raise Forbidden("port", f"Port {port} belongs to other services. Use 443, or one from 1024 on.")
    return Address(scheme, host, port, target)


def _split(url: str) -> tuple[str, str, str]:
    """Scheme, host with port, and path with query. What is not ASCII there is escaped, as browsers do."""
    found = _PARTS.fullmatch(url)
    if not found or not found[2]:
        raise Forbidden("scheme", "The address has to begin with https://host.")
    if _BLANKS.search(url) or not found[2].isascii():
        raise Forbidden("spelling", "Write the address without blanks and backslashes, and an international name of a "
                                    "host as xn--….")  # fmt: skip
    if "@" in found[2]:
        raise _USER
    escaped = "".join(c if c.isascii() else "".join(f"%{byte:02X}" for byte in c.encode("utf-8", "replace"))
                      for c in (found[3] or "/") + (found[4] or ""))  # fmt: skip
    return found[1].lower(), found[2], escaped


def host_of(netloc: str) -> str:
    """The host of `host:port`: a name, or an address in its usual spelling. Raises Forbidden."""
    bracket = re.fullmatch(r"\[([0-9a-fA-F:.]+)\](?::\d*)?", netloc)
    host = bracket[1] if bracket else netloc.rpartition(":")[0] if ":" in netloc else netloc
    host = host.lower().removesuffix(".")
    if bracket or _NUMBER.fullmatch(host.rpartition(".")[2]):
        try:
            return str(IPv6Address(host) if bracket else IPv4Address(host))
        except ValueError:
            raise Forbidden("spelling", "Write IP addresses in the usual way: 203.0.113.7 or [2001:db8::7].") from None
    if len(host) > 253 or not all(map(_LABEL.fullmatch, host.split("."))):
        raise Forbidden("spelling", "This is not the name of a host.")
    return host


def _port(netloc: str, scheme: str) -> int:
    text = netloc.rpartition("]")[2].rpartition(":")[2] if ":" in netloc.rpartition("]")[2] else ""
    if not text:
        return PORTS[scheme]
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 0 < int(text) < 65_536:
        raise Forbidden("port", "A port is a number from 1 to 65535.")
    return int(text)


def judge_host(host: str, port: int, allowed: Allowed = NOTHING) -> None:
    """Refuse a host that is inside by its name alone, or by its address. Raises Forbidden."""
    if host in _METADATA_NAMES:
        raise _refused("metadata")
    ip = _as_ip(host)
    if ip:
        judge([ip], host, port, allowed)
    elif ("." not in host or any(host.endswith(f".{end}") for end in _INSIDE)) and not allowed.name(host, port):
        raise _refused("loopback" if host.rpartition(".")[2] == "localhost" else "private")


def judge(ips: Iterable[Ip], host: str, port: int, allowed: Allowed = NOTHING) -> None:
    """Refuse a host that leads to any address inside. Raises Forbidden."""
    for ip in ips:
        found = kind(ip)
        opened = found not in NEVER and (allowed.name(host, port) or allowed.address(ip, port))
        if found != PUBLIC and not opened:
            raise _refused(found)


def opened(host: str, port: int, allowed: Allowed) -> bool:
    """Whether who runs this server has named this host, or the address that it is, as a place inside."""
    ip = _as_ip(host)
    return allowed.name(host, port) or (ip is not None and allowed.address(ip, port))


def _as_ip(host: str) -> Ip | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _refused(kind: str) -> Forbidden:
    return Forbidden(kind, f"This address leads inside ({kind}); only public ones are fetched. Who runs this server "
                           "lists private ones that are meant: see docs/operate.md.")  # fmt: skip


def kind(ip: Ip) -> str:
    """What an address is: `public`, or why it is not. One that carries another (mapped, NAT64, …) is what that is."""
    if ip in _METADATA:
        return "metadata"
    if isinstance(ip, IPv6Address) and (inner := _embedded(ip)):
        worst = [found for found in map(kind, inner) if found != PUBLIC]
        return worst[0] if worst else PUBLIC if ip in _NAT64[0] or ip.ipv4_mapped else "reserved"
    for name, networks in _KINDS:
        if any(ip.version == network.version and ip in network for network in networks):
            return name
    outside = ip.is_global and not ip.is_reserved and (ip.version == 4 or ip in _GLOBAL)
    return PUBLIC if outside else "reserved"


def _embedded(ip: IPv6Address) -> list[IPv4Address]:
    """The IPv4 addresses that an IPv6 address stands for: mapped, compatible, 6to4, Teredo, NAT64, ISATAP."""
    low = IPv4Address(int(ip) & 0xFFFFFFFF)
    if ip.ipv4_mapped or any(ip in network for network in _NAT64):
        return [low]
    if ip.sixtofour:
        return [ip.sixtofour]
    if ip.teredo:
        return list(ip.teredo)
    compatible = int(ip) >> 32 == 0 and int(ip) > 0xFFFF
    isatap = int(ip) >> 32 & 0xFDFFFFFF == 0x5EFE
    return [low] if compatible or isatap else []
