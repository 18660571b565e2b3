"""What platforms paste into reports: addresses as gateways write them, phones as people do (issue 14, d3)."""

import pytest

from shiming.errors import BadInput
from shiming.risk import events

NOW = 1_763_600_000_000
EVENT = {"id": "e1", "account": "zhang-hege", "at": NOW}


def read(type: str, **given) -> dict:
    return dict(events.read({**EVENT, "type": type, **given}, NOW).given)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("192.0.2.7:443", "192.0.2.7"),
        (" 192.0.2.7 ", "192.0.2.7"),
        ("\u200b192.0.2.7\u2060", "192.0.2.7"),
        ("192.0.2.7:", "192.0.2.7"),
        ("１９２．０．２．７", "192.0.2.7"),
        ("192。0。2。7：443", "192.0.2.7"),
        ('"192.0.2.7"', "192.0.2.7"),
        ("[192.0.2.7]:80", "192.0.2.7"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:DB8:0::1]:443", "2001:db8::1"),
        ("【2001:db8::1】：443", "2001:db8::1"),
        ('"[2001:db8::1]:443"', "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("[::ffff:192.0.2.7]:443", "192.0.2.7"),
        ("/192.0.2.7", "192.0.2.7"),
        ("/192.0.2.7:443", "192.0.2.7"),
        ("/[2001:db8::1]:443", "2001:db8::1"),
        ("/2001:db8:0:0:0:0:0:1%eth0", "2001:db8::1"),
        ("192.0.2.7/32", "192.0.2.7"),
        ("2001:db8::1/128", "2001:db8::1"),
        ("for=192.0.2.7", "192.0.2.7"),
        ('for="[2001:db8::1]:443"', "2001:db8::1"),
        ("ipv4:192.0.2.7:443", "192.0.2.7"),
        ("ipv6:[2001:db8::1]:443", "2001:db8::1"),
        ("::ffff:192.0.2.7:443", "192.0.2.7"),
        ("tcp://192.0.2.7:443", "192.0.2.7"),
        ("http://192.0.2.7/", "192.0.2.7"),
        ("IP: 192.0.2.7", "192.0.2.7"),
    ],
)
def test_an_address_has_one_spelling_however_a_proxy_wrote_it(given, kept):
    """The same address as ::ffff:192.0.2.7 was another one to every rule that counts addresses."""
    assert read("login", ip=given) == {"ip": kept}


@pytest.mark.parametrize(
    "given", ["unknown", "192.0.2", "192.0.2.7, 198.51.100.1", "2001:db8::1:99999:2", "example.com:443", "192.0.2.7/24",
              "192.0.2.7/128", "2001:db8::/32", "//192.0.2.7", "for=_hidden",
              "2001:db8::1:443:x", "192.168.001.007", "0x7f.1", "2130706433"]
)
def test_what_is_no_address_is_named(given):
    with pytest.raises(BadInput, match=r"event\.ip must be an IPv4 or IPv6 address"):
        read("login", ip=given)


@pytest.mark.parametrize(
    "given", ["13812345678", "+86 138 1234 5678", "\u202d13812345678\u202c", "138–1234–5678", "tel:13812345678"]
)
def test_a_phone_in_an_event_is_one_phone(given):
    """Its hash was made of what was typed: the same number bound twice counted as two."""
    assert read("phone_bind", phone=given) == {"phone": "13812345678"}


def test_a_number_that_is_no_chinese_mobile_stays_the_platforms_own_word():
    assert read("phone_bind", phone="+1 202 555 0123") == {"phone": "+1 202 555 0123"}


@pytest.mark.parametrize("at", [
    1763600000000.0, 1.7636e12, "1763600000000", "2025-11-20T08:53:20+08:00[Asia/Shanghai]",
    "2025-11-20 08:53:20 +0800 CST", "2025-11-20T08:53:20 08:00", "2025-11-20 00:53:20 UTC", "2025-11-20t00:53:20z",
    " 2025-11-20T00:53:20Z\n", "2025-11-20T08:53:20.000 0800", "２０２５-11-20T00:53:20Z",
])  # fmt: skip
def test_a_moment_is_read_as_languages_and_databases_write_it(at):
    """Lua and PHP know no whole numbers, Java names its zone, a + in an address becomes a blank."""
    assert events.read({**EVENT, "type": "login", "at": at}, 1_763_600_000_000).at == 1_763_600_000_000


@pytest.mark.parametrize("at", [1763600000000.5, "2025-11-20T08:53:20", "2025-11-20 0853", "2025-11-20T08:53:20 CST",
                                "Thu Nov 20 08:53:20 CST 2025", True, "17636000000"])  # fmt: skip
def test_what_could_be_another_moment_is_none(at):
    with pytest.raises(BadInput, match=r"event\.at"):
        events.read({**EVENT, "type": "login", "at": at}, NOW)


def test_a_whole_amount_is_whole_however_it_is_written():
    assert all(repr(read("transaction", amount=each)["amount"]) == "15000" for each in (15000.0, 1.5e4, 15000))
    with pytest.raises(BadInput, match="whole number"):
        read("transaction", amount=0.5)
