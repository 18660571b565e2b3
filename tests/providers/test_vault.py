"""Vault's Transit engine as a key that stays outside: its protocol, refusals, TLS, and the token that nobody sees."""

import datetime
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shiming.errors import BadInput, Unavailability, Unavailable
from shiming.providers import configured
from shiming.settings import Settings
from tests.providers.vault_server import VaultServer

SECRET = bytes(range(32))


@pytest.fixture
def vault():
    server = VaultServer()
    yield server
    server.close()


@pytest.fixture
def token_file(tmp_path):
    (tmp_path / "token").write_text("s.our-token\n")
    return tmp_path / "token"


def adapter(server, token_file, **more):
    given = {"vault_address": f"http://127.0.0.1:{server.port}", "vault_key_name": "transit/shiming",
             "vault_token_file": str(token_file), "private_hosts": "127.0.0.1"} | more  # fmt: skip
    return configured.outside_key(Settings(**given), "vault")


def test_what_it_wraps_it_unwraps_also_after_the_key_there_was_rotated(vault, token_file):
    key = adapter(vault, token_file)
    wrapped = key.wrap(SECRET)
    vault.rotate()
    assert key.unwrap(wrapped) == SECRET and wrapped.startswith("vault:v1:")
    assert key.wrap(SECRET).startswith("vault:v2:")
    assert vault.headers[0]["X-Vault-Request"] == "true"


def test_the_token_is_read_anew_each_time_and_a_namespace_is_named(vault, token_file):
    key = adapter(vault, token_file, vault_namespace="house/ids")
    wrapped = key.wrap(SECRET)
    vault.tokens = {"s.renewed": {"decrypt"}}
    token_file.write_text("s.renewed")
    assert key.unwrap(wrapped) == SECRET and vault.headers[-1]["X-Vault-Namespace"] == "house/ids"


REFUSED = {
    "the token has ended, or its policy": lambda server, file: server.tokens.clear(),
    "min_decryption_version": lambda server, file: (server.rotate(), setattr(server, "least", 2)),
    "the file of its token cannot be read": lambda server, file: file.unlink(),
    "the file of its token holds none": lambda server, file: file.write_text("\n"),
}


@pytest.mark.parametrize("said", REFUSED)
def test_what_no_waiting_mends_is_told_as_refused_and_says_what_to_do(vault, token_file, said):
    key = adapter(vault, token_file)
    wrapped = key.wrap(SECRET)
    REFUSED[said](vault, token_file)
    with pytest.raises(Unavailable, match=said) as met:
        key.unwrap(wrapped)
    assert met.value.kind is Unavailability.MISCONFIGURED and "s.our-token" not in str(met.value)


def test_a_vault_that_is_sealed_gone_or_hangs_is_down(vault, token_file, monkeypatch):
    monkeypatch.setattr("shiming.providers.key.vault.SECONDS", 0.3)
    key = adapter(vault, token_file)
    vault.sealed = True
    with pytest.raises(Unavailable, match="HTTP 503, it is sealed"):
        key.wrap(SECRET)
    vault.sealed, vault.silent = False, 2.0
    with pytest.raises(Unavailable, match="timeout") as met:
        key.wrap(SECRET)
    assert met.value.kind is Unavailability.DOWN
    vault.close()
    with pytest.raises(Unavailable):
        key.wrap(SECRET)


def test_an_answer_that_is_none_of_vaults_is_no_key(vault, token_file, monkeypatch):
    """A proxy's page, or a portal's: 200 and something else."""
    for said in ({}, {"data": None}, {"data": {"ciphertext": 7}}, {"data": {"ciphertext": ""}}):
        monkeypatch.setattr(vault, "answer", lambda *_, said=said: (200, said))
        with pytest.raises(Unavailable, match="none of Vault's"):
            adapter(vault, token_file).wrap(SECRET)


def test_its_certificate_is_checked_by_the_authority_that_is_named_and_no_other(tmp_path, token_file):
    pem = certificate(tmp_path)
    server = VaultServer(pem)
    try:
        address = {"vault_address": f"https://127.0.0.1:{server.port}"}
        assert adapter(server, token_file, **address, vault_ca=str(pem)).wrap(SECRET)
        with pytest.raises(Unavailable, match="SSLCertVerificationError"):
            adapter(server, token_file, **address).wrap(SECRET)
        assert len(server.asked) == 1, "a token went to whom nobody vouched for"
    finally:
        server.close()


def certificate(folder):
    """Of a server at 127.0.0.1, which is its own authority, with its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vault")])
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(1).not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False)
            .sign(key, hashes.SHA256()))  # fmt: skip
    own = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                            serialization.NoEncryption())  # fmt: skip
    (folder / "vault.pem").write_bytes(own + made.public_bytes(serialization.Encoding.PEM))
    return folder / "vault.pem"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"vault_address": "http://vault.example.com:8200"}, "has to be https"),
        ({"vault_key_name": "shiming"}, "transit/shiming"),
        ({"vault_token_file": ""}, "SHIMING_VAULT_TOKEN_FILE"),
        ({"vault_ca": "/nowhere/ca.pem"}, "SHIMING_VAULT_CA"),
        ({"private_hosts": ""}, "loopback"),
    ],
)
def test_a_setting_that_cannot_work_is_named_before_anything_is_asked(vault, token_file, given, said):
    with pytest.raises(BadInput, match=said):
        adapter(vault, token_file, **given)
    assert vault.asked == []
