"""What may be fetched, as a table: one reading per address, and what each IP address is."""

from ipaddress import ip_address

import pytest

from shiming.addresses import Allowed, Forbidden, judge, judge_host, kind, read
from shiming.web.http import web_address

PUBLIC = {
    "https://shop.example.com/hook": ("shop.example.com", 443, "/hook"),
    "HTTPS://Shop.Example.COM.": ("shop.example.com", 443, "/"),
    "https://shop.example.com:8443/a?b=c#d": ("shop.example.com", 8443, "/a?b=c"),
    "http://93.184.215.14/": ("93.184.215.14", 80, "/"),
    "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]:9443?x": ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", 9443, "/?x"),
    "https://xn--fiqs8s.example.com/回调": ("xn--fiqs8s.example.com", 443, "/%E5%9B%9E%E8%B0%83"),
    "https://a_b.example.com/@me": ("a_b.example.com", 443, "/@me"),
    "https://shop.example.com?user@host": ("shop.example.com", 443, "/?user@host"),
}
KINDS = {
    "8.8.8.8": "public", "2606:4700::1": "public", "64:ff9b::808:808": "public", "::ffff:8.8.8.8": "public",
    "127.8.8.8": "loopback", "::1": "loopback", "::ffff:127.0.0.1": "loopback", "64:ff9b::7f00:1": "loopback",
    "10.0.0.1": "private", "172.16.0.1": "private", "192.168.0.1": "private", "100.64.0.1": "private",
    "fd00::1": "private", "fec0::1": "private", "::ffff:10.0.0.1": "private", "2002:0a00:1::": "private",
    "64:ff9b:1::a00:1": "private", "2001:db8:1::5efe:a00:1": "private", "2606:4700::200:5efe:a00:1": "private",
    "169.254.1.1": "link_local", "fe80::1": "link_local", "fe80::1%eth0": "link_local", "0.0.0.0": "unspecified",
    "::": "unspecified", "224.0.0.1": "multicast", "ff02::1": "multicast", "255.255.255.255": "reserved",
    "240.0.0.1": "reserved", "192.0.2.1": "reserved", "198.18.0.1": "reserved", "2001:db8::1": "reserved",
    "2002:808:808::": "reserved", "2001:0:808:808::f7f7:f7f7": "reserved", "4000::1": "reserved", "100::1": "reserved",
    "64:ff9b:1::808:808": "reserved", "::8.8.8.8": "reserved",
    "169.254.169.254": "metadata", "100.100.100.200": "metadata", "fd00:ec2::254": "metadata",
    "168.63.129.16": "metadata", "::ffff:169.254.169.254": "metadata", "64:ff9b::a9fe:a9fe": "metadata",
    "2002:a9fe:a9fe::": "metadata", "::a9fe:a9fe": "metadata",
}  # fmt: skip


@pytest.mark.parametrize("url", PUBLIC)
def test_a_public_address_has_one_reading(url):
    address = read(url)
    assert (address.host, address.port, address.target) == PUBLIC[url]


@pytest.mark.parametrize("ip", KINDS)
def test_what_an_address_is(ip):
    assert kind(ip_address(ip)) == KINDS[ip]


def test_the_host_header_names_a_port_that_is_not_the_usual_one():
    assert read("https://[2606:4700::1]:444", Allowed.of("[2606:4700::1]:444")).place == "[2606:4700::1]:444"
    assert read("http://shop.example.com:80/").place == "shop.example.com"


def test_a_list_opens_a_host_an_address_or_a_network_for_one_port_or_all():
    allowed = Allowed.of(" 127.0.0.1:9000, 10.1.0.0/16,[fd00::1]:443 ,idp.lan,Redis:6379,")
    for url in ("http://127.0.0.1:9000", "http://10.1.2.3:22", "https://[fd00::1]/", "https://idp.lan:8443",
                "http://redis:6379"):  # fmt: skip
        read(url, allowed)
    for url in ("http://127.0.0.1:9001", "http://10.2.0.1", "https://[fd00::1]:444/", "https://a.idp.lan",
                "http://redis:6380"):  # fmt: skip
        with pytest.raises(Forbidden):
            read(url, allowed)


def test_a_listed_name_may_lead_to_a_private_address_and_no_list_opens_metadata():
    judge([ip_address("10.9.9.9")], "idp.lan", 443, Allowed.of("idp.lan"))
    everything = Allowed.of("0.0.0.0/0,::/0,idp.lan,metadata.google.internal")
    for inside in ("169.254.169.254", "169.254.7.7", "fd00:ec2::254", "100.100.100.200", "0.0.0.0", "ff02::1"):
        with pytest.raises(Forbidden):
            judge([ip_address("8.8.8.8"), ip_address(inside)], "idp.lan", 443, everything)
    with pytest.raises(Forbidden):
        judge_host("metadata.google.internal", 80, everything)


@pytest.mark.parametrize("entry", ["10.0.0.1/8", "http://idp.lan", "300.1.2.3", "a b", "idp.lan:port"])
def test_a_list_that_cannot_be_read_says_which_entry(entry):
    with pytest.raises(ValueError, match="no host, address or network"):
        Allowed.of(entry)


@pytest.mark.parametrize("url", [
    "https://bank.cn@evil.cn/", "https:///bank.cn@evil.cn", "https://\\bank.cn@evil.cn", "https://a:b@evil.cn",
    "https://\tbank.cn@evil.cn", "HTTPS://@evil.cn",
])  # fmt: skip
def test_what_is_shown_names_no_user(url):
    assert web_address.fault(url) is not None


def test_what_is_shown_may_hold_an_at_elsewhere():
    for url in ("https://bank.cn/@me", "https://bank.cn?a@b", "https://bank.cn#a@b", "https://10.0.0.1/返回"):
        assert web_address.fault(url) is None


@pytest.mark.parametrize("url", [
    "https://", "https://[::1", "https://a:99999", "https://a'b/", "https://[fe80::1%25eth0]/", "https://xn--a.com/",
    "https://xn--0/", "https://א1a.com/", "https://0٠.com/", "https://1.2.3.256/",
])  # fmt: skip
def test_what_no_browser_opens_is_no_address_to_return_to(url):
    """Issue 14; each compared with what browsers make of it (`new URL`)."""
    assert web_address.fault(url) is not None


def test_names_in_letters_of_their_own_are_addresses():
    hosts = "例え.jp xn--fiqs8s אב.com xn--mgbh0fb.xn--kgbechtv xn--strae-oqa.de [::ffff:1.2.3.4]:80"
    for host in hosts.split():
        assert web_address.fault(f"https://{host}/") is None
