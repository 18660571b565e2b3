"""People who sign in at the demo's console. Names and secrets are made for this demo and gone with it."""

from dataclasses import dataclass

import pyotp

from shiming import app
from shiming.settings import Settings
from shiming.store.staff import members

PEOPLE = {
    "xiaolin": ("reviewer",),
    "xiaohe": ("support",),
    "laozhou": ("senior_reviewer", "privacy", "admin"),
    "laoqian": ("policy", "admin"),
    "laosun": ("senior_policy",),
}
"""Handles and roles: enough to decide, to answer, and to have an appeal answered or a policy published by another."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """What somebody needs to sign in at the console."""

    name: str
    roles: tuple[str, ...]
    password: str
    totp: str

    def code(self) -> str:
        """What the authenticator app shows now."""
        return pyotp.TOTP(self.totp).now()


def let_in(settings: Settings, people: dict[str, tuple[str, ...]] = PEOPLE) -> list[SignIn]:
    """Let these people in, for the test side of the app `demo`."""
    with app.command_context(settings) as context, context.database.write() as connection:
        now, sealer = context.now(), context.sealer
        made = [(name, roles, members.ready_made(connection, sealer, name, {"demo.test": roles}, now))
                for name, roles in people.items()]  # fmt: skip
    return [SignIn(name, roles, secrets.password, secrets.totp) for name, roles, secrets in made]


def told(address: str, people: list[SignIn], codes: str) -> str:
    """Where to sign in and as whom; a code is good for half a minute, the secret makes the next ones, or `codes`."""
    lines = [f"Console for staff: {address}/console — name, password, code now (secret for an authenticator app):"]
    lines += [f"  {p.name:<9} {p.password}  {p.code()}  ({p.totp})  {', '.join(p.roles)}" for p in people]
    return "\n".join([*lines, f"A code works once; the next ones stand on {codes}"])
