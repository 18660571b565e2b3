"""The place of an address, offline: two files of ip2region (fetched at set-up), and our table of where its regions lie.

Format of a file (ip2region's docs, structures 2 and 3): a head of 256 bytes with version and policy (2 bytes each),
time made, first and last index entry (4 each); 256×256 pairs of the first and last entry for the first two bytes of an
address; the entries: start and end of a range, then length (2 bytes) and place (4) of its region's text. Numbers are
little-endian, ranges of IPv6 are in network order.
"""

import mmap
import struct
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import Protocol

from shiming.risk.distance import point
from shiming.risk.events import Hash, Value
from shiming.store.crypto.sealed import Lookup

Address = IPv4Address | IPv6Address
HEAD = 256
TEST_PLACES = {
    ip_network("192.0.2.0/25"): ("中国", "北京", "北京"),
    ip_network("192.0.2.128/25"): ("中国", "上海", "上海"),
    ip_network("198.51.100.0/25"): ("中国", "广东", "广州"),
    ip_network("198.51.100.128/25"): ("中国", "广东", "深圳"),
    ip_network("203.0.113.0/25"): ("美国", "", ""),
    ip_network("203.0.113.128/25"): ("日本", "", ""),
}
"""In test mode the addresses kept for documentation (RFC 5737) lie somewhere, so that travel can be tried by hand."""
OWN_HOUSE = tuple(
    map(
        ip_network,
        ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "::1/128", "fc00::/7"),
    )
)
ENDINGS = ("特别行政区", "自治区", "自治州", "地区", "省", "市", "县", "盟")


def origin_hash(lookup: Lookup, address: str | None) -> str | None:
    """The keyed hash of where somebody asks from: the address, or what of one of IPv6 is a household's (/64).

    None for an address of our own network: that is a proxy's, which all holders share where it is not believed.
    """
    try:
        known = ip_address(address or "")
    except ValueError:
        return None
    if any(known in network for network in OWN_HOUSE):
        return None
    network = ip_network((known, 64 if known.version == 6 else 32), strict=False)
    return lookup.hash("authority.address", str(network))


class _Ranges:
    """One file of ranges, found by halving."""

    def __init__(self, path: Path, width: int):
        self._width, self._size = width, 2 * width + 6
        with path.open("rb") as file:
            self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        _, _, made = struct.unpack_from("<HHI", self._data)
        self.made = datetime.fromtimestamp(made, UTC).date()

    def find(self, address: bytes) -> str:
        low, high = struct.unpack_from("<II", self._data, HEAD + (address[0] * 256 + address[1]) * 8)
        first, count = low, (high - low) // self._size
        left, right = 0, count
        while left <= right:
            middle = (left + right) // 2
            at = first + middle * self._size
            if address < self._bound(at):
                right = middle - 1
            elif address > self._bound(at + self._width):
                left = middle + 1
            else:
                length, start = struct.unpack_from("<HI", self._data, at + 2 * self._width)
                return self._data[start : start + length].decode()
        return ""

    def _bound(self, at: int) -> bytes:
        bound = self._data[at : at + self._width]
        return bound[::-1] if self._width == 4 else bound


class GeolocationSettings(Protocol):
    weights: str


class Geolocation:
    """Finds places. Without the files nothing has a place, and travel cannot be judged."""

    def __init__(self, folder: Path):
        paths = {4: folder / "ip2region_v4.xdb", 6: folder / "ip2region_v6.xdb"}
        self._ranges = {n: _Ranges(path, n if n == 4 else 16) for n, path in paths.items() if path.exists()}

    @classmethod
    def from_settings(cls, settings: GeolocationSettings) -> "Geolocation":
        return cls(Path(settings.weights))

    @property
    def made(self) -> date | None:
        """The day that the data is of."""
        return min((ranges.made for ranges in self._ranges.values()), default=None)

    def located(self, text: str, test_mode: bool, hash: Hash) -> dict[str, Value]:
        """The facts of an address, which has to be one: its keyed hash and that of its network, place and point."""
        address = ip_address(text)
        if isinstance(address, IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        network = ip_network((address, 24 if address.version == 4 else 48), strict=False)
        facts: dict[str, Value] = {"ip": hash("ip", str(address)), "network": hash("network", str(network))}
        region = self._region(address, test_mode)
        where = _points().get(region) or _points().get((*region[:2], "")) or _points().get((region[0], "", ""))
        if where is None:
            return facts
        return facts | {"place": "·".join(filter(None, region)), "x": where[0], "y": where[1], "z": where[2]}

    def _region(self, address: Address, test_mode: bool) -> tuple[str, str, str]:
        if test_mode:
            for network, region in TEST_PLACES.items():
                if address in network:
                    return region
        ranges = self._ranges.get(address.version)
        parts = ranges.find(address.packed).split("|") if ranges and address.is_global else []
        country, province, city = ([_plain(part) for part in parts] + ["", "", ""])[:3]
        return (country, province, city) if country == "中国" else (country, "", "")


@cache
def _points() -> Mapping[tuple[str, str, str], tuple[int, int, int]]:
    found: dict[tuple[str, str, str], tuple[int, int, int]] = {}
    for line in files("shiming.risk").joinpath("places.tsv").read_text("utf-8").splitlines()[1:]:
        country, province, city, latitude, longitude = line.split("\t")
        where = point(float(latitude), float(longitude))
        found[country, province, city] = where
        found.setdefault((country, province, ""), where)
    return found


def _plain(name: str) -> str:
    """A region's name without what kind of region it is, as in the table."""
    if name == "0":
        return ""
    for ending in ENDINGS:
        if name.endswith(ending) and len(name) > len(ending) + 1:
            return name.removesuffix(ending)
    return name
