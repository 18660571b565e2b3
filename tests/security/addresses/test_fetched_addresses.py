"""Addresses that the server fetches: whoever names one must not reach what lies behind our own front door."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from shiming.addresses import Allowed, Forbidden
from shiming.egress import Egress
from shiming.errors import Unavailable
from shiming.providers.contracts import Asked
from shiming.providers.directory.oidc import Oidc
from shiming.providers.identity.simulated import Simulated
from shiming.providers.mail.smtp import Smtp
from shiming.providers.vendors.openid import Issuer
from shiming.settings import Settings
from shiming.store.messaging import outbox
from tests.application import application

INSIDE = [
    "https://127.0.0.1/hook", "https://localhost/hook", "https://api.localhost/hook", "https://localhost./hook",
    "https://[::1]/hook", "https://[::]/hook", "https://0.0.0.0/hook", "https://10.1.2.3/hook", "https://172.20.0.1/hook",
    "https://192.168.1.1/hook", "https://100.64.0.1/hook", "https://169.254.169.254/latest/meta-data/",
    "https://100.100.100.200/latest/meta-data/", "https://metadata.google.internal/", "https://[fd00:ec2::254]/",
    "https://[fe80::1]/", "https://[fe80::1%25eth0]/", "https://[fc00::1]/", "https://[ff02::1]/", "https://224.0.0.1/",
    "https://255.255.255.255/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:a9fe:a9fe]/", "https://[::7f00:1]/",
    "https://[2002:7f00:1::]/", "https://[64:ff9b::a9fe:a9fe]/", "https://[64:ff9b:1::a00:1]/",
    "https://[2001:0:a9fe:a9fe::1]/", "https://[2001:0:4136:e378:8000:63bf:80ff:fffe]/", "https://2130706433/",
    "https://0x7f000001/", "https://0x7f.1/", "https://0177.0.0.1/", "https://127.1/", "https://127.0.0.1./",
    "https://①②⑦.⓪.⓪.①/", "https://ｌｏｃａｌｈｏｓｔ/", "https://127。0。0。1/", "https://%31%32%37.0.0.1/",
    "https://168.63.129.16/", "https://192.0.0.192/", "https://redis/", "https://db.internal/", "https://printer.local/",
    "https://[fec0::1]/", "https://198.18.0.1/", "https://192.0.2.1/", "https://[2001:db8::1]/",
]  # fmt: skip
ODD = [
    "https://user:pw@shop.example.com/hook", "https://shop.example.com@10.0.0.1/", "https://@shop.example.com/",
    "https://shop.example.com:22/", "https://shop.example.com:6553555/", "https://shop.example.com:0/", "https:///hook",
    "https://shop.example.com\\@127.0.0.1/", "https://shop.example.com/a b", "https://shop.example.com/\r\nx: y",
    "https://-/", "https://[::1/", "https://shop..example.com/", "https://shop.example.com:a/",
]  # fmt: skip


@pytest.fixture
def home(tmp_path):
    with application(tmp_path, blind_share=0.0) as made:
        yield made


class Inside(BaseHTTPRequestHandler):
    """Something behind our front door that takes whatever comes."""

    def do_POST(self):
        self.server.came.append(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        """Nothing."""


@pytest.fixture
def inside():
    server = HTTPServer(("127.0.0.1", 0), Inside)
    server.came = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def endpoint_of_old(home, url):
    """An endpoint that was accepted before there were rules."""
    with home.context.database.write() as connection:
        sealed = home.context.sealer.seal("hook_old", "webhook.secret", b"x" * 24)
        outbox.add_endpoint(connection, "hook_old", "demo.test", url, sealed, home.context.now())


def held(home):
    client = home.key()
    body = {"reason": "login_risk", "capabilities": ["live"], "requirements": ["review"]}
    assert client.post("/v1/accounts/zhang/holds", json=body).status_code == 201
    home.later(minutes=1)
    return client.get("/v1/webhook_deliveries").json()["items"]


def test_nobody_has_webhooks_sent_to_what_lies_inside(home):
    """钱多事 names the metadata service as his webhook: it was accepted, as was every spelling of loopback."""
    client = home.key()
    taken = [url for url in INSIDE + ODD
             if client.post("/v1/webhook_endpoints", json={"url": url}).status_code != 422]  # fmt: skip
    assert taken == []


def test_an_endpoint_of_before_the_rules_gets_nothing_and_the_log_says_why(home, inside):
    endpoint_of_old(home, f"http://127.0.0.1:{inside.server_port}/hook")
    (delivery,) = held(home)
    assert inside.came == []
    assert (delivery["state"], delivery["answer"]) == ("failed", "address_not_allowed: loopback")


def test_a_name_that_leads_inside_only_when_we_deliver_gets_nothing(home, inside, monkeypatch):
    """DNS rebinding: public when the endpoint was registered, loopback a moment later."""
    url = f"https://rebind.example.com:{inside.server_port}/hook"
    leads_to(monkeypatch, "93.184.215.14")
    assert home.key().post("/v1/webhook_endpoints", json={"url": url}).status_code == 201
    leads_to(monkeypatch, "127.0.0.1")
    (delivery,) = held(home)
    assert (delivery["state"], delivery["answer"]) == ("failed", "address_not_allowed: loopback")


def leads_to(monkeypatch, *addresses):
    """Every name leads to these, whoever asks."""
    rows = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: rows)


@pytest.mark.parametrize("path, body", [
    ("/v1/verifications", {"account": "zhang", "level": "basic"}),
    ("/v1/accounts/zhang/prompt", {"capability": "live"}),
    ("/v1/accounts/zhang/me", {}),
])  # fmt: skip
def test_the_way_back_names_no_user(home, path, body):
    """`https://bank.example@evil.example/` reads like the bank; holders are shown this address."""
    answer = home.key().post(path, json={**body, "return_url": "https://bank.example.com@evil.example.com/"})
    assert answer.status_code == 422, answer.text


def test_one_setting_for_development_opens_one_place(tmp_path, inside):
    """孙开发 tries his receiver on his own machine."""
    place = f"127.0.0.1:{inside.server_port}"
    egress = Egress.from_settings(Settings(fetch_private=place), "fetch_private")
    assert egress.request("POST", f"http://{place}/hook", b"{}").status == 204
    with pytest.raises(Forbidden):
        egress.check("http://127.0.0.1:9/")
    with pytest.raises(ValueError, match="SHIMING_FETCH_PRIVATE: 'no way'"):
        Egress.from_settings(Settings(fetch_private="no way"), "fetch_private")


def test_addresses_in_settings_are_private_only_where_that_is_said():
    """Our own issuer, identity provider and mail server; a typing error there must not ask the metadata service."""
    with pytest.raises(Forbidden, match="private"):
        Oidc("https://10.0.0.5/realm", "console")
    assert Oidc("https://10.0.0.5/realm", "console", egress=Egress(Allowed.of("10.0.0.5:443")))
    with pytest.raises(Unavailable, match="SHIMING_PRIVATE_HOSTS"):
        Simulated("http://127.0.0.1:9").result(Asked("state", "", ""))
    with pytest.raises(Unavailable, match="SHIMING_PRIVATE_HOSTS"):
        Smtp("127.0.0.1", 9, "a@b.test", security="none").send("c@d.test", "x", "x", {}, "k")


@pytest.mark.parametrize("keys", [
    "https://169.254.169.254/keys", "https://metadata.google.internal/keys", "https://user:pw@issuer.example.com/keys",
    "http://issuer.example.com/keys",
])  # fmt: skip
def test_what_an_issuer_names_is_judged_like_the_issuer(keys):
    """Whoever holds the issuer's discovery page must not have us read the metadata service."""
    directory = Issuer("https://issuer.example.com", "console", "", Egress(Allowed.of("0.0.0.0/0,::/0")))
    directory._about = {"jwks_uri": keys, "token_endpoint": keys, "issuer": "https://issuer.example.com"}
    for ask in (lambda: directory._known_keys(True), lambda: directory._token("code", "verifier", "https://back")):
        with pytest.raises(Unavailable):
            ask()
