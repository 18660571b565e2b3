"""Addresses as proxies and frameworks report them (row 10, d3): one with a port had a whole batch refused."""

from ipaddress import ip_address

import pytest

from shiming.errors import BadInput
from shiming.risk import events

NOW = 1_763_600_000_000


def read(ip: str) -> str:
    return events.read({"id": "e", "account": "zhang", "type": "login", "at": NOW, "ip": ip}, NOW, "events[3]").given[
        "ip"
    ]


@pytest.mark.parametrize(
    ("ip", "known"),
    [("192.0.2.7", "192.0.2.7"), ("192.0.2.7:443", "192.0.2.7"), (" 192.0.2.7 ", "192.0.2.7"),
     ("2001:DB8::1", "2001:db8::1"), ("[2001:db8::1]:443", "2001:db8::1"), ("[2001:db8::1]", "2001:db8::1"),
     ("fe80::1%eth0", "fe80::1"), ("[fe80::1%25eth0]:1", "fe80::1"), ("::ffff:192.0.2.7", "192.0.2.7"),
     ("192.0.2.7:", "192.0.2.7"), ("٣.1.1.1", "3.1.1.1"), ("１９２.0.2.7：443", "192.0.2.7")],
)  # fmt: skip
def test_an_address_is_taken_without_its_port_and_zone(ip, known):
    assert ip_address(read(ip)) == ip_address(known)


@pytest.mark.parametrize("ip", ["unknown", "192.0.2", "192.0.2.7:443:1", "[::1",
                                "1.2.3.4, 5.6.7.8",
                                "192.0.2.007", "256.1.1.1", "[]:1", "%"])  # fmt: skip
def test_what_is_no_address_is_refused_by_its_place_in_the_batch(ip):
    with pytest.raises(BadInput, match=r"^events\[3\]\.ip must be an IPv4 or IPv6 address"):
        read(ip)
