"""The only way out, on real sockets: pinned to what was judged, TLS by name, no redirects, bounded time and bytes."""

import ast
import datetime
import socket
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shiming.addresses import Allowed
from shiming.egress import Egress, Forbidden, Unreachable

HERE = Egress(Allowed.of("127.0.0.1"))
NETWORK = {"httpx", "socket", "http.client", "urllib.request", "smtplib", "imaplib", "requests", "aiohttp", "ftplib",
           "confluent_kafka"}
# The demo and set-up are not the server, which only listens, as figures do; the two mail clients connect by
# `Egress.connect`; the doctor asks the address that its operator wrote, from the operator's command line.
# `consume` goes to the brokers that a file of the operator's names, at the operator's command.
# `listen` and `trigger` (developer.py) run on a developer's machine and go where that person says.
# Of urllib.request the object store takes a function about paths.
JUDGED = {
    "egress.py",
    "server.py",
    "vision/weights.py",
    "providers/mail/smtp.py",
    "commands/mail.py",
    "commands/consume.py",
    "commands/developer.py",
    "commands/doctor/front_door.py",
    "commands/listen.py",
    "telemetry/exposition.py",
    "store/object_store.py",
}


class Receiver(BaseHTTPRequestHandler):
    """Answers by its path: a redirect, a huge body, or drop by drop."""

    def do_GET(self):
        self.server.came.append((self.path, self.headers["host"]))
        if self.path == "/drip":
            return self.drip()
        self.send_response(302 if self.path == "/away" else 200)
        self.send_header("location", "/inside")
        self.send_header("content-length", "50000000" if self.path == "/huge" else "2")
        self.end_headers()
        self.wfile.write(b"x" * 200_000 if self.path == "/huge" else b"ok")

    def drip(self):
        try:
            for _ in range(600):
                self.wfile.write(b"H")
                self.wfile.flush()
                time.sleep(0.1)
        except OSError:
            self.server.came.append("gone")

    def log_message(self, *_):
        """Nothing."""


@pytest.fixture
def receiver():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.came = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def leads_to(monkeypatch, *addresses):
    """Every name leads there; returns what was asked for."""
    asked = []

    def look_up(host, port, **_):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def test_a_name_is_asked_for_once_and_the_connection_goes_where_it_led(receiver, monkeypatch):
    asked = leads_to(monkeypatch, "127.0.0.1")
    answer = HERE.request("GET", f"http://hook.example.com:{receiver.server_port}/a?b=c")
    assert (answer.status, answer.body, asked) == (200, b"ok", ["hook.example.com"])
    assert receiver.came == [("/a?b=c", f"hook.example.com:{receiver.server_port}")]


def test_one_address_inside_among_public_ones_is_one_too_many(receiver, monkeypatch):
    leads_to(monkeypatch, "93.184.215.14", "127.0.0.1")
    with pytest.raises(Forbidden, match="loopback"):
        Egress().request("GET", f"http://hook.example.com:{receiver.server_port}/")
    assert receiver.came == []


def test_a_redirect_is_an_answer_and_is_not_followed(receiver):
    assert HERE.request("GET", f"http://127.0.0.1:{receiver.server_port}/away").status == 302
    assert [path for path, _ in receiver.came] == ["/away"]


def test_a_huge_answer_is_read_to_a_bound(receiver):
    assert len(HERE.request("GET", f"http://127.0.0.1:{receiver.server_port}/huge", keep=1000).body) == 1000


def test_whoever_drips_is_ended(receiver):
    """Each read gets something in time; it is the whole that takes for ever."""
    with pytest.raises(Unreachable, match="timeout"):
        HERE.request("GET", f"http://127.0.0.1:{receiver.server_port}/drip", seconds=0.5)


def test_nobody_there_and_a_name_that_leads_nowhere_are_unreachable(monkeypatch):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        with pytest.raises(Unreachable):
            HERE.request("GET", f"http://127.0.0.1:{probe.getsockname()[1]}/")
    leads_to(monkeypatch)
    with pytest.raises(Unreachable):
        HERE.request("GET", "https://nowhere.example.com/")


@pytest.fixture
def with_tls(receiver, tmp_path, monkeypatch):
    """The receiver speaks TLS, with a certificate for hook.example.com that we trust."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hook")])
    now = datetime.datetime.now(datetime.UTC)
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(1).not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("hook.example.com")]), False)
            .sign(key, hashes.SHA256()))  # fmt: skip
    pem, plain = tmp_path / "hook.pem", serialization.NoEncryption()
    own = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    pem.write_bytes(own + made.public_bytes(serialization.Encoding.PEM))
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(pem)
    receiver.socket = server_side.wrap_socket(receiver.socket, server_side=True)
    trusting = ssl.create_default_context(cafile=str(pem))
    monkeypatch.setattr(ssl, "create_default_context", lambda: trusting)
    leads_to(monkeypatch, "127.0.0.1")
    return receiver.server_port


def test_tls_names_the_host_though_we_connect_to_an_address(with_tls):
    assert HERE.request("GET", f"https://hook.example.com:{with_tls}/").status == 200
    with pytest.raises(Unreachable, match="SSLCertVerificationError"):
        HERE.request("GET", f"https://other.example.com:{with_tls}/")


def test_nothing_else_of_ours_opens_connections():
    """A second client would be a second set of rules."""
    source = Path(__file__).parents[1] / "src" / "shiming"
    files = {path.relative_to(source).as_posix(): path for path in source.rglob("*.py")}
    found = {name for name, path in files.items() if NETWORK & set(imported(path)) and not name.startswith("demo/")}
    assert found == JUDGED


def imported(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
