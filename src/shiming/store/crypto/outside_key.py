"""Key files whose secrets open only by a key that stays outside: in Vault's Transit engine, or in an HSM (PKCS#11).

    {"format": 2, "outside": "vault", "wrapped": "<what the outside key made of a file key>", "sealed": "<base64>"}

`sealed` is a page of format 1 or 3 (key_file.py), sealed under a file key of 32 random bytes, by AES-256-GCM (format 2)
or SM4-GCM (4: suites.py); the outside key wraps that file key and nothing else. So one question opens every secret,
whatever there is to read and write afterwards: the outside key is asked at a start, when the file changed, and now and
then whether it still answers. Never for a record.
"""

import base64
import hmac
import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag

from shiming.dependencies import Dependency
from shiming.errors import DependencyDown, ShimingError, Unavailability, Unavailable
from shiming.store.crypto.suites import BY_PAGE, INTERNATIONAL, Suite

log = logging.getLogger("shiming.keys")
FILE, KEY_BYTES, NONCE = "file", 32, 12
SECONDS, AT_ONCE = 8.0, 2  # for one question; how many at once
LOOK_SECONDS = 30.0  # between two questions whether it still answers
WRAPPED_MOST = 16_384  # characters of what an outside key made of a file key


class OutsideKeyDown(ShimingError):
    """The outside key does not answer (`outside_key_down`), or refuses us (`outside_key_refused`)."""

    code = "outside_key_down"

    def __init__(self, message: str, code: str = "outside_key_down"):
        super().__init__(message)
        self.code = code


class OutsideKey(Protocol):
    """What is asked of it: see providers/contracts.py."""

    name: str

    def wrap(self, secret: bytes) -> str: ...
    def unwrap(self, wrapped: str) -> bytes: ...


class KeyGuard:
    """Seals and opens the page of a key file. Remembers one file key, that of the file as it was read last."""

    def __init__(self, provider: str, key_of: Callable[[str], OutsideKey], hours: float = 0,
                 clock: Callable[[], float] = time.monotonic, suite: Suite = INTERNATIONAL):  # fmt: skip
        """`provider` seals what is written (`file`: nobody, the page lies there as it is), by `suite`; what is read
        names its own. `hours`: for how long the file key is good without an answer from outside; 0: always. Raises
        what `key_of` does.
        """
        self.provider, self._key_of, self._most, self._clock = provider, key_of, hours * 3600, clock
        self._suite = suite
        self._keys = {provider: key_of(provider)} if provider != FILE else {}
        self._dependency = Dependency("outside key", SECONDS, AT_ONCE)
        self._lock, self._asking = threading.Lock(), threading.Lock()
        self._held: tuple[str, str, bytes] | None = None  # provider, wrapped, file key
        self._answered = self._asked = clock()
        self._fault: tuple[str, str] | None = None  # message, code

    @property
    def seals(self) -> bool:
        """Whether what is written is sealed."""
        return self.provider != FILE

    @property
    def held(self) -> str:
        """By which outside key the file that was read last was opened; empty: by none."""
        held = self._held
        return held[0] if held else ""

    def seal(self, page: bytes) -> dict[str, Any]:
        """The page of a key file, sealed under a new file key. Raises OutsideKeyDown."""
        file_key, nonce = os.urandom(KEY_BYTES), os.urandom(NONCE)
        wrapped = self._ask(self.provider, "wrap", file_key)
        if not hmac.compare_digest(self._ask(self.provider, "unwrap", wrapped), file_key):  # now, not at the next start
            raise OutsideKeyDown(f"The outside key ({self.provider}) did not give back what it wrapped. Nothing was "
                                 "written. Look at how that key is set up.", "outside_key_refused")  # fmt: skip
        sealed = nonce + self._suite.aead(file_key).encrypt(nonce, page, _bound(self._suite, self.provider))
        return {"format": self._suite.page, "outside": self.provider, "wrapped": wrapped, "sealed": _text(sealed)}

    def open(self, page: dict[str, Any]) -> bytes:
        """What `seal` sealed. Raises OutsideKeyDown; ValueError, KeyError, TypeError where it is damaged."""
        provider, wrapped, suite = page["outside"], page["wrapped"], BY_PAGE[page["format"]]
        if not isinstance(wrapped, str) or not isinstance(provider, str) or len(wrapped) > WRAPPED_MOST:
            raise ValueError("not sealed by an outside key")
        sealed, file_key = base64.b64decode(page["sealed"], validate=True), self._file_key(provider, wrapped)
        try:
            return suite.aead(file_key).decrypt(sealed[:NONCE], sealed[NONCE:], _bound(suite, provider))
        except InvalidTag:
            raise ValueError("does not authenticate") from None

    def forget(self) -> None:
        """The file that was read last is sealed by nobody."""
        self._held = self._fault = None

    def look(self) -> None:
        """Whether the outside key still answers, where one is in use: asked twice a minute at most. Raises
        OutsideKeyDown.
        """
        with self._asking:
            if self._due():
                self._look()
        if fault := self._fault:
            raise OutsideKeyDown(*fault)

    def check(self) -> None:
        """Whether secrets that were opened may still be used. Costs nothing: where it is time to ask, that is done
        beside. Raises DependencyDown once nobody outside has answered for as long as the setting allows.
        """
        if self._due():
            if self._too_silent():  # or nobody needed a key meanwhile, and nobody asked
                with suppress(OutsideKeyDown):
                    self.look()
            else:
                self._look_beside()
        if self._too_silent():
            raise DependencyDown("outside key", 30)

    def _due(self) -> bool:
        return self._held is not None and self._clock() - self._asked >= LOOK_SECONDS

    def _too_silent(self) -> bool:
        return bool(self._held and self._most and self._clock() - self._answered > self._most)

    def _look_beside(self) -> None:
        """One thread at a time; whoever works meanwhile goes on."""
        if self._asking.acquire(blocking=False):
            threading.Thread(target=self._look_and_release, name="outside key", daemon=True).start()

    def _look_and_release(self) -> None:
        try:
            self._look()
        finally:
            self._asking.release()

    def _look(self) -> None:
        if held := self._held:
            with suppress(OutsideKeyDown):  # noted, for whoever asks
                self._ask(held[0], "unwrap", held[1])

    def _file_key(self, provider: str, wrapped: str) -> bytes:
        with self._lock:
            if self._held and self._held[:2] == (provider, wrapped):
                return self._held[2]
            file_key = self._ask(provider, "unwrap", wrapped)
            if len(file_key) != KEY_BYTES:
                raise ValueError("wrong length")
            self._held = provider, wrapped, file_key
            return file_key

    def _ask(self, provider: str, what: str, argument: Any) -> Any:
        """One question, bounded; what came of it is noted. Raises OutsideKeyDown, and what makes the provider."""
        key = self._keys.get(provider) or self._keys.setdefault(provider, self._key_of(provider))
        self._asked = self._clock()
        try:
            answer = self._dependency.call(getattr(key, what), argument)
        except Unavailable as fault:
            before, self._fault = self._fault, _down(provider, fault)
            if before != self._fault:
                log.error("%s", self._fault[0])
            raise OutsideKeyDown(*self._fault) from None
        self._fault, self._answered = None, self._clock()
        return answer


def _down(provider: str, fault: Unavailable) -> tuple[str, str]:
    """What is said of it, and its code."""
    if fault.kind is Unavailability.MISCONFIGURED:
        return f"The outside key ({provider}) refuses us: {fault}", "outside_key_refused"
    said = "no answer in time" if isinstance(fault, DependencyDown) else str(fault)
    return (f"The outside key ({provider}) does not answer: {said.rstrip('.')}. Without it the key file does not open: "
            "start it, or open the way to it (docs/keys.md).", "outside_key_down")  # fmt: skip


def _bound(suite: Suite, provider: str) -> bytes:
    return b"shiming key file %d:%b" % (suite.page, provider.encode())


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
