"""A server that speaks the part of Vault's HTTP API that wraps and unwraps: Transit's `encrypt` and `decrypt`.

Written from the API documentation (developer.hashicorp.com/vault/api-docs/secret/transit): paths, bodies, statuses, the
form `vault:v<version>:<base64>` of a ciphertext, errors as `{"errors": [...]}`. It shares no line with our adapter.
"""

import base64
import json
import os
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class VaultServer:
    """One engine at `transit`, one key `shiming`; `tokens` maps each token to the operations that its policy allows."""

    def __init__(self, pem: Path | None = None):
        self.tokens = {"s.our-token": {"encrypt", "decrypt"}}
        self.keys = {1: os.urandom(32)}
        self.least, self.sealed, self.silent = 1, False, 0.0
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        if pem:
            safe = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            safe.load_cert_chain(pem)
            self._server.socket = safe.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def rotate(self) -> None:
        self.keys[max(self.keys) + 1] = os.urandom(32)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str, token: str, body: dict) -> tuple[int, dict]:
        operation = path.removeprefix("/v1/transit/").removesuffix("/shiming")
        if self.sealed:
            return 503, {"errors": ["Vault is sealed"]}
        if operation not in self.tokens.get(token, ()):
            return 403, {"errors": ["1 error occurred:\n\t* permission denied\n\n"]}
        if not path.endswith("/shiming"):
            return 400, {"errors": ["encryption key not found"]}
        return self.encrypt(body) if operation == "encrypt" else self.decrypt(body)

    def encrypt(self, body: dict) -> tuple[int, dict]:
        nonce, version = os.urandom(12), max(self.keys)
        sealed = nonce + AESGCM(self.keys[version]).encrypt(nonce, base64.b64decode(body["plaintext"]), None)
        text = f"vault:v{version}:{base64.b64encode(sealed).decode()}"
        return 200, {"request_id": "r", "data": {"ciphertext": text, "key_version": version}}

    def decrypt(self, body: dict) -> tuple[int, dict]:
        _, version, text = body["ciphertext"].split(":")
        number, sealed = int(version[1:]), base64.b64decode(text)
        if number < self.least:
            return 400, {"errors": ["ciphertext or signature version is disallowed by policy (too old)"]}
        try:
            plain = AESGCM(self.keys[number]).decrypt(sealed[:12], sealed[12:], None)
        except InvalidTag:
            return 400, {"errors": ["cipher: message authentication failed"]}
        return 200, {"request_id": "r", "data": {"plaintext": base64.b64encode(plain).decode()}}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                server.asked.append(self.path.split("/")[3])
                server.headers.append(dict(self.headers))
                time.sleep(server.silent)
                status, said = server.answer(self.path, self.headers.get("X-Vault-Token", ""), body)
                text = json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: object) -> None:
                """Nothing."""

        return Handler
