"""Keys outside, for tests: Vault's protocol from a server of ours, and an HSM by SoftHSM where that is installed."""

import atexit
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.providers.vault_server import VaultServer

LIBRARY = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN, SO_PIN = "472916", "830174"


@dataclass(frozen=True)
class Outside:
    """Settings that name it; `refuse` has it refuse us, `allow` takes that back."""

    settings: dict[str, Any]
    refuse: Callable[[], None]
    allow: Callable[[], None]
    server: VaultServer | None = None


@contextmanager
def vault(folder: Path) -> Iterator[Outside]:
    server, token_file = VaultServer(), folder / "vault-token"
    allowed = dict(server.tokens)
    token_file.write_text("s.our-token")
    settings = {"key_provider": "vault", "vault_address": f"http://127.0.0.1:{server.port}",
                "vault_key_name": "transit/shiming", "vault_token_file": str(token_file),
                "private_hosts": "127.0.0.1"}  # fmt: skip
    yield Outside(settings, server.tokens.clear, lambda: server.tokens.update(allowed), server)
    server.close()


@cache
def soft_hsm() -> dict[str, Any]:
    """Settings of a token with an AES key that cannot leave it: one for all tests of a process, which loads the library
    once, and it reads where tokens lie at that moment.
    """
    import pkcs11

    folder = Path(tempfile.mkdtemp(prefix="shiming-hsm-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\n")
    making = ["softhsm2-util", "--init-token", "--free", "--label", "house", "--pin", PIN, "--so-pin", SO_PIN]
    subprocess.run(making, check=True, capture_output=True)
    with pkcs11.lib(str(LIBRARY)).get_token(token_label="house").open(rw=True, user_pin=PIN) as session:
        unreadable = {pkcs11.Attribute.EXTRACTABLE: False, pkcs11.Attribute.SENSITIVE: True}
        session.generate_key(pkcs11.KeyType.AES, 256, label="shiming", store=True, template=unreadable)
    (folder / "pin").write_text(PIN)
    return {"key_provider": "pkcs11", "pkcs11_module": str(LIBRARY), "pkcs11_token_label": "house",
            "pkcs11_key_label": "shiming", "pkcs11_pin_file": str(folder / "pin")}  # fmt: skip


@pytest.fixture
def hsm() -> dict[str, Any]:
    if not LIBRARY.exists() or not shutil.which("softhsm2-util"):
        pytest.skip("SoftHSM is not on this machine: apt-get install softhsm2")
    pytest.importorskip("pkcs11")
    return soft_hsm()


@pytest.fixture(params=["vault", "pkcs11"])
def outside(request, tmp_path) -> Iterator[Outside]:
    if request.param == "vault":
        with vault(tmp_path) as made:
            yield made
        return
    settings = request.getfixturevalue("hsm")
    pin = tmp_path / "pin"
    pin.write_text(PIN)
    settings = settings | {"pkcs11_pin_file": str(pin)}
    yield Outside(settings, lambda: pin.write_text("999999"), lambda: pin.write_text(PIN))
