"""`shiming sources try NAME` against who answers as each vendor documents it: one harmless call, explained; with a
wrong key, what is wrong and what to do. And every adapter's faults in the file of sources, told with their line."""

from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from shiming.__main__ import main
from shiming.commands import sources as command
from shiming.egress import Egress
from shiming.providers import sources_file
from shiming.providers.vendors import codes
from shiming.vendor_server import alibaba, tencent
from shiming.vendor_server.server import KEY_ID, SECRET
from tests.providers.live import live
from tests.providers.numbers import card, id_number, phone
from tests.providers.test_gateway import SECRET as HOUSE_SECRET
from tests.providers.test_gateway import gateway as gateway
from tests.review.staff.issuer import CLIENT, issuer
from tests.review.staff.issuer import SECRET as ISSUER_SECRET

KINDS = ("authority", "carrier", "bank", "sms")
CLOUD = [(vendor, kind) for vendor in ("tencent", "alibaba") for kind in KINDS]
HOUSE = [("http", kind) for kind in (*KINDS, "play")]
KEYED = [f"{vendor}-{kind}" for vendor, kind in (*CLOUD, *HOUSE, ("alipay", "identity"))]
NAMES = [*KEYED, "oidc-identity"]


def section(vendor, kind, options, side="live"):
    rows = "".join(f"{name} = {value}\n" for name, value in options.items())
    name = f"{vendor}-{kind}"
    return f'[{name}]\nkind = "{kind}"\nadapter = "{vendor}"\nside = "{side}"\n[{name}.options]\n{rows}'


def file_of(address, alipay, house, gate):
    """Every adapter in one file; secrets in the environment."""
    text = ""
    for vendor, kind in CLOUD:
        sms = {"sign": '"示例平台"', "templates": '{ "verification.approved.zh" = "1234567" }'} if kind == "sms" else {}
        app = {"app_id": '"1400006666"'} if (vendor, kind) == ("tencent", "sms") else {}
        text += section(vendor, kind, {"endpoint": f'"{address}"', "key_id": f'"{KEY_ID}"',
                                       "secret": '{ env = "TRY_CLOUD" }', **sms, **app})  # fmt: skip
    for vendor, kind in HOUSE:
        text += section(vendor, kind, {"address": f'"{gate}"', "secret": '{ env = "TRY_HOUSE" }'})
    text += section("alipay", "identity", {
        "app_id": f'"{alipay.app_id}"', "private_key": '{ env = "TRY_ALIPAY" }',
        "alipay_public_key": f'"{alipay.public_key()}"', "gateway": f'"{address}/gateway.do"'})  # fmt: skip
    return text + section("oidc", "identity", {
        "issuer": f'"{house.address}"', "client": f'"{CLIENT}"', "title": '"别处"',
        "secret": '{ env = "TRY_ISSUER" }'}, "test")  # fmt: skip


def pem(key):
    kinds = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, *kinds).decode()


@pytest.fixture(scope="module")
def trying(tmp_path_factory, vendor, gateway):
    """Makes what `shiming sources try` says of a source, with these secrets."""
    address, server = vendor
    with issuer([datetime.now(UTC)]) as house:
        text = file_of(address, server.alipay, house, gateway)

        @contextmanager
        def opened(**secrets):
            folder = tmp_path_factory.mktemp("try")
            (folder / "sources.toml").write_text(text, "utf-8")
            with pytest.MonkeyPatch.context() as patch:
                for name, value in secrets.items():
                    patch.setenv(name, value)
                with live(folder, str(folder / "sources.toml")) as one:
                    yield one

        yield opened


@contextmanager
def _given(context):
    yield context


@pytest.fixture(scope="module")
def right(trying, vendor):
    keys = {"TRY_CLOUD": SECRET, "TRY_HOUSE": HOUSE_SECRET, "TRY_ALIPAY": vendor[1].alipay.private_key(),
            "TRY_ISSUER": ISSUER_SECRET}  # fmt: skip
    with trying(**keys) as one:
        yield one


@pytest.fixture(scope="module")
def wrong(trying):
    other = pem(rsa.generate_private_key(65537, 2048))
    keys = {"TRY_CLOUD": "another secret than theirs", "TRY_HOUSE": "whsec_" + "c2VjcmV0" * 4, "TRY_ALIPAY": other,
            "TRY_ISSUER": "x"}  # fmt: skip
    with trying(**keys) as one:
        yield one


def tried(capsys, name):
    to = ["--to", "12000001234"] if name.endswith("sms") else []
    ended = main(["sources", "try", name, *to])
    told = capsys.readouterr()
    return ended, told.out + told.err


@pytest.fixture
def one(request, monkeypatch):
    """Whose sources the command sees."""
    made = request.getfixturevalue(request.param)
    monkeypatch.setattr(command, "_context", lambda: _given(made.context))
    return made


@pytest.mark.parametrize("one", ["right"], indirect=True)
@pytest.mark.parametrize("name", NAMES)
def test_a_source_that_is_right_is_explained(one, capsys, name):
    ended, said = tried(capsys, name)
    kind = name.partition("-")[2]
    assert ended == 0 and said.startswith(f"{kind} {name}: "), said
    assert kind in ("identity", "sms", "play") or "request_id: " in said, said
    assert SECRET not in said and HOUSE_SECRET not in said


@pytest.mark.parametrize("one", ["wrong"], indirect=True)
@pytest.mark.parametrize("name", KEYED)
def test_a_wrong_key_is_told_as_that_and_never_shown(one, capsys, name):
    ended, said = tried(capsys, name)
    assert ended == 1 and "misconfigured" in said and command.REMEDIES["misconfigured"] in said, said
    assert "another secret" not in said and "c2VjcmV0" not in said and "PRIVATE KEY" not in said


ACTIONS = {
    ("tencent", "authority"): "IdCardVerification", ("tencent", "carrier"): "PhoneVerification",
    ("tencent", "bank"): "BankCard4EVerification", ("alibaba", "authority"): "Id2MetaVerify",
    ("alibaba", "carrier"): "Mobile3MetaDetailStandardVerify", ("alibaba", "bank"): "BankMetaVerify",
    ("tencent", "sms"): "SendSms", ("alibaba", "sms"): "SendSms",
}  # fmt: skip
SIDES = {"tencent": tencent, "alibaba": alibaba}
CHOOSE = {
    "authority": ("number", lambda row: id_number(800 + row)), "carrier": ("phone", phone), "bank": ("card", card),
}  # fmt: skip
HANGS = "InternalError.Timeout"


def one_of_each(whose, action):
    """Of everything that an action's codes can mean, the first row that does: (meaning, row)."""
    found = {}
    for row, code in enumerate(SIDES[whose].rows(action)):
        if code != HANGS:
            found.setdefault(codes.Codes(whose).find(action, code).value, row)
    return found.items()


@pytest.mark.parametrize("one", ["right"], indirect=True)
@pytest.mark.parametrize(("whose", "kind"), ACTIONS)
def test_everything_that_a_source_can_say_is_explained(one, capsys, monkeypatch, whose, kind):
    """Arrears, a quota until midnight, a wrong key, too many calls, down, and each answer that there is."""
    for means, row in one_of_each(whose, ACTIONS[whose, kind]):
        to = []
        if kind == "sms":
            to = ["--to", phone(row)]
        else:
            field, made = CHOOSE[kind]
            monkeypatch.setitem(command.NOBODY, field, made(row))
        ended = main(["sources", "try", f"{whose}-{kind}", *to])
        said = capsys.readouterr().out
        silence = codes.FAULTS.get(means, "down" if means == "unsure" else None)
        assert ended == (1 if silence or means == "never" else 0), (means, said)
        if silence:
            assert said.startswith(f"{kind} {whose}-{kind}: {silence} (") and command.REMEDIES[silence] in said
            assert ("until: " in said and "00:00 in China" in said) == (means in ("limited", "exhausted")), said
            assert ("may have been answered" in said) == (means == "unsure") and "request_id: " in said, said
        else:
            assert ("refused (unknown_number)" if means == "never" else f": {means}. ") in said, said


def test_a_time_out_says_that_it_may_be_billed_all_the_same(trying, vendor, capsys, monkeypatch):
    secret = {"TRY_HOUSE": HOUSE_SECRET, "TRY_ALIPAY": vendor[1].alipay.private_key(), "TRY_ISSUER": ISSUER_SECRET}
    monkeypatch.setitem(command.NOBODY, "name", "赵超时")
    with trying(TRY_CLOUD=SECRET, **secret) as made:
        monkeypatch.setattr(command, "_context", lambda: _given(made.context))
        for name in ("tencent-authority", "alipay-identity"):
            ended, said = tried(capsys, name)
            assert ended == 1 and f"{name}: down: " in said and "may have been answered, and billed" in said, said


FAULTY = [*CLOUD, *HOUSE, ("alipay", "identity"), ("oidc", "identity"), ("smtp", "mail")]
ADDRESS = {"tencent": "endpoint", "alibaba": "endpoint", "http": "address", "alipay": "gateway", "oidc": "issuer"}


@pytest.mark.parametrize(("vendor", "kind"), FAULTY)
def test_an_option_that_is_none_or_missing_is_told_with_its_line(tmp_path, vendor, kind):
    def refused(text):
        (tmp_path / "sources.toml").write_text(text, "utf-8")
        with pytest.raises(sources_file.BadSources) as why:
            sources_file.load(str(tmp_path / "sources.toml"), {}, Egress())
        return str(why.value)

    said = refused("# ours\n" + section(vendor, kind, {"keyid": '"x"'}))
    assert "line 7" in said and "options.keyid is no option" in said and "it takes: " in said
    said = refused(section(vendor, kind, {}))
    assert "line 5" in said and "needs options." in said


@pytest.mark.parametrize(("vendor", "kind"), [pair for pair in FAULTY if pair[0] in ADDRESS])
def test_an_address_that_may_not_be_is_told_with_its_own_line(tmp_path, monkeypatch, vendor, kind):
    """http where names would be read on the way; before, only an issuer was refused, and with the section's line."""
    monkeypatch.setenv("TRY_KEY", HOUSE_SECRET)
    text = file_of("http://vendor.example.com", _Keys(), _House(), "http://vendor.example.com")
    for variable in ("TRY_CLOUD", "TRY_HOUSE", "TRY_ALIPAY", "TRY_ISSUER"):
        text = text.replace(variable, "TRY_KEY")
    begins = text.index(f"[{vendor}-{kind}]")
    ends = text.find("\n[", text.index(".options]", begins))
    mine = text[begins : ends if ends > 0 else len(text)]
    (tmp_path / "sources.toml").write_text(mine, "utf-8")
    line = next(n for n, row in enumerate(mine.splitlines(), 1) if row.startswith(ADDRESS[vendor]))
    with pytest.raises(sources_file.BadSources) as why:
        sources_file.load(str(tmp_path / "sources.toml"), {}, Egress())
    assert f"line {line}, " in str(why.value) and "https://" in str(why.value), why.value


class _Keys:
    app_id = "1"

    def public_key(self):
        return "x"


class _House:
    address = "http://vendor.example.com"
