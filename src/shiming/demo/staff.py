"""People who sign in at the demo's console. Names and secrets are made for this demo and gone with it."""

import time
from dataclasses import dataclass
from pathlib import Path

import pyotp

from shiming.settings import Settings
from shiming.store import staff
from shiming.store.database import Database
from shiming.store.sealed import MasterKeys, Sealer, open_keys

PEOPLE = {
    "xiaolin": ("reviewer",),
    "xiaohe": ("support",),
    "laozhou": ("senior_reviewer", "privacy", "admin"),
}
"""Handles and roles: enough to decide, to answer, and to have an appeal answered by somebody else."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """What somebody needs at the console's door."""

    name: str
    roles: tuple[str, ...]
    password: str
    totp: str

    def code(self) -> str:
        """What the authenticator app shows now."""
        return pyotp.TOTP(self.totp).now()


def let_in(settings: Settings, people: dict[str, tuple[str, ...]] = PEOPLE) -> list[SignIn]:
    """Let these people in, for the test side of the app `demo`."""
    database, keys = Database(settings.place("database_url")), open_keys(settings.place("keys_url"))
    sealer, now = Sealer(MasterKeys.load(Path(settings.place("key_file"))), keys), time.time_ns() // 1_000_000
    with database.write() as connection:
        made = [(name, roles, staff.ready_made(connection, sealer, name, {"demo.test": roles}, now))
                for name, roles in people.items()]  # fmt: skip
    database.close()
    keys.dispose()
    return [SignIn(name, roles, secrets.password, secrets.totp) for name, roles, secrets in made]


def told(address: str, people: list[SignIn], codes: str) -> str:
    """Where to sign in and as whom; a code is good for half a minute, the secret makes the next ones, or `codes`."""
    lines = [f"Console for staff: {address}/console — name, password, code now (secret for an authenticator app):"]
    lines += [f"  {p.name:<9} {p.password}  {p.code()}  ({p.totp})  {', '.join(p.roles)}" for p in people]
    return "\n".join([*lines, f"A code works once; the next ones stand on {codes}"])
