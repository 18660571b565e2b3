"""What the doctor says of what it saw, row by row."""

import pytest

from shiming.commands.doctor import advice
from shiming.commands.doctor.advice import Seen
from shiming.store.crypto.sealed import Lookup
from shiming.web.api.caller import proof, proves
from shiming.web.http.client_address import Proxies

SENT, US, PROXY = "203.0.113.77", "198.51.100.4", "10.0.0.2"
PUBLIC = "https://id.example.cn"
HOST = "id.example.cn"


@pytest.mark.parametrize(("seen", "trusted", "state", "word"), [
    (Seen(PROXY, US, HOST, US), True, "ok", US),                        # the proxy wrote whom it saw
    (Seen(PROXY, US, HOST, f"{SENT},{US}"), True, "ok", US),            # or added it behind what we pretended
    (Seen(PROXY, SENT, HOST, SENT), True, "do", "anybody is"),          # it hands on what a client wrote
    (Seen(PROXY, PROXY, HOST, US), False, "do", PROXY),                 # it is not named: everybody has its address
    (Seen(PROXY, PROXY, HOST, None), False, "do", "TRUSTED_PROXIES"),
    (Seen(PROXY, PROXY, HOST, None), True, "do", "send X-Forwarded-For"),
])  # fmt: skip
def test_who_asks_is_seen_through_the_proxy(seen, trusted, state, word):
    (line,) = advice.forwarded(seen, SENT, trusted, PUBLIC)
    assert line.state == state and word in line.text


def test_without_a_proxy_nobody_can_pretend_either():
    seen = Seen("127.0.0.1", "127.0.0.1", "127.0.0.1:8321", SENT)
    (line,) = advice.forwarded(seen, SENT, False, "http://127.0.0.1:8321")
    assert line.state == "ok"


def test_a_proxy_that_changes_the_host_is_named():
    lines = advice.forwarded(Seen(PROXY, US, "serve-1:8321", US), SENT, True, PUBLIC)
    assert [line.state for line in lines] == ["ok", "do"] and "Host" in lines[1].text


@pytest.mark.parametrize(("line", "state", "word"), [
    (advice.address("", 8321), "note", "SHIMING_PUBLIC_URL"),
    (advice.address("http://id.example.cn", 8321), "do", "https://"),
    (advice.address("http://127.0.0.1:8321", 8321), "ok", "127"),
    (advice.address("https://id.example.cn/shiming", 8321), "do", "host only"),
    (advice.address(PUBLIC, 8321), "ok", PUBLIC),
    (advice.database("SQLite 3", None, "0002_x", False), "do", "empty"),
    (advice.database("SQLite 3", "0001_x", "0002_x", False), "do", "shiming migrate"),
    (advice.database("PostgreSQL 17", "0002_x", "0002_x", True), "do", "primary"),
    (advice.database("PostgreSQL 17", "0002_x", "0002_x", False), "ok", "0002_x"),
    (advice.database("PostgreSQL 17", "0002_x", "0002_x", False, ["a", "b"]), "do", "a, b. Run: shiming migrate"),
    (advice.clock(1_000_000, 995_000, 40), "do", "ahead of"),
    (advice.clock(1_000_000, 1_005_000, 40), "do", "behind"),
    (advice.clock(1_000_000, 1_005_000, 9_000), "ok", "within"),  # so slow an answer shows nothing
    (advice.clock(1_000_000, 1_000_900, 40), "ok", "within"),
    (advice.source("authority", "tencent", "unpaid", "412"), "do", "(412): the account with the vendor"),
    (advice.source("sms", "ours", "misconfigured", ""), "do", "shiming sources try ours"),
    (advice.disk("/data", 5 << 30, 100 << 30), "note", "5.0 GB"),
    (advice.disk("/data", 100 << 20, 100 << 30), "do", "runbooks"),
    (advice.disk("/data", 50 << 30, 100 << 30), "ok", "/data"),
    (advice.handles(1024, 4352), "do", "LimitNOFILE"),
    (advice.handles(8192, 4352), "ok", "8192"),
])  # fmt: skip
def test_a_part_is_judged(line, state, word):
    assert line.state == state and word in line.text


def test_a_setting_that_is_misspelt_is_named_with_the_right_one():
    """Before: SHIMING_DATABSE_URL was passed over without a word, and people were written into a SQLite file."""
    lines = advice.settings(["database_url", "port"], ["SHIMING_DATABSE_URL", "SHIMING_PORT", "SHIMING_LONG", "PATH"])
    assert [line.state for line in lines] == ["do", "note"]
    assert "SHIMING_DATABASE_URL" in lines[0].text and "SHIMING_LONG" in lines[1].text
    assert advice.settings(["port"], ["SHIMING_PORT"])[0].state == "ok"


def test_simulated_sources_are_for_tests_only():
    made_up, real = {"authorities": "a=real,b=simulated"}, {"authorities": "a=real"}
    assert [advice.sources(made_up, live)[0].state for live in (False, True)] == ["note", "do"]
    assert advice.sources(real, True)[0].state == "ok"


def test_no_secret_is_shown_wherever_it_comes_from():
    environment = {
        "SHIMING_DATABASE_URL": "postgresql+psycopg://shiming:geheim1@db/shiming", "SHIMING_SMTP_PASSWORD": "geheim2",
        "SHIMING_OIDC_SECRET": "geheim3", "AWS_SECRET_ACCESS_KEY": "geheim4", "AZURE_STORAGE_ACCOUNT_KEY": "geheim5",
        "SHIMING_KEY_FILE": "/keys/master.keys", "SHIMING_IMAP_PASSWORD": "", "SHIMING_VAULT_TOKEN": "geheim6",
        "SHIMING_PKCS11_PIN": "geheim7", "SHIMING_KEY_PROVIDER": "vault", "SHIMING_VAULT_TOKEN_FILE": "/run/token",
        "SHIMING_VAULT_KEY_NAME": "transit/shiming", "SHIMING_PKCS11_TOKEN_LABEL": "house",
        "SHIMING_PKCS11_KEY_LABEL": "shiming", "SHIMING_PKCS11_PIN_FILE": "/run/pin", "SHIMING_KEY_HOURS": "2400",
    }  # fmt: skip
    secrets = advice.secrets_of(environment)
    assert secrets == {f"geheim{n}" for n in range(1, 8)}
    said = advice.hidden("said: geheim1, geheim45\nat /keys/master.keys", secrets)
    assert said == "said: •••, •••5 at /keys/master.keys"


def test_only_who_holds_the_keys_is_told_how_the_server_sees_him():
    ours, others = Lookup({1: b"a" * 32, 2: b"b" * 32}), Lookup({1: b"c" * 32})
    assert proves(proof(ours, 1000), ours, 1300)
    assert proves(proof(Lookup({1: b"a" * 32}), 1000), ours, 1000)  # a key file of before a rotation
    wrong = ["", "1000", "1000.", proof(others, 1000), proof(ours, 1), "٣." + proof(ours, 1000), "1000." + "x" * 67]
    assert not any(proves(said, ours, 1000) for said in wrong)


def test_proxies_may_be_named_by_their_network():
    """Before: only single addresses; an ingress controller's pods have a new one every day."""
    proxies = Proxies("10.0.0.2, 10.244.0.0/16,fd00::/8")
    assert [proxies.trusts(each) for each in ("10.0.0.2", "10.244.3.9", "fd00::1", "10.0.0.3", "testclient")] == [
        True, True, True, False, False]  # fmt: skip
    with pytest.raises(ValueError, match="SHIMING_TRUSTED_PROXIES"):
        Proxies("10.0.0.0/99")
