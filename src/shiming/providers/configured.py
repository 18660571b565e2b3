"""The providers that the settings name, each made with what the settings have for it. Raises BadInput, ValueError."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from shiming import providers
from shiming.egress import Egress, EgressSettings
from shiming.errors import BadInput
from shiming.providers.contracts import Authority, Bank, Carrier, Directory, Embed, Identity, Mail, Sms
from shiming.review.roles import ROLES, unknown


class ProviderSettings(EgressSettings, Protocol):
    authorities: str
    carriers: str
    banks: str
    simulated_register: str
    sms: str
    mail: str
    smtp_host: str
    smtp_port: int
    smtp_security: str
    smtp_user: str
    smtp_password: str
    mail_from: str
    platform_name: str
    identity: str
    oidc_issuer: str
    oidc_client: str
    oidc_secret: str
    oidc_factor: str
    oidc_scope: str
    oidc_claim: str
    oidc_roles: str


def authorities(settings: ProviderSettings, embed: Embed) -> list[Authority]:
    register = Path(settings.simulated_register) if settings.simulated_register else None
    return _sources("authority", settings.authorities, register=register, embed=embed)


def carriers(settings: ProviderSettings) -> list[Carrier]:
    return _sources("carrier", settings.carriers)


def banks(settings: ProviderSettings) -> list[Bank]:
    return _sources("bank", settings.banks)


def sms(settings: ProviderSettings) -> list[Sms]:
    return _listed("sms", settings.sms, lambda provider, _: {})


def mail(settings: ProviderSettings) -> list[Mail]:
    smtp = {
        "host": settings.smtp_host, "port": settings.smtp_port, "security": settings.smtp_security,
        "user": settings.smtp_user, "password": settings.smtp_password, "sender": settings.mail_from,
        "from_name": settings.platform_name, "egress": Egress.from_settings(settings, "private_hosts"),
    }  # fmt: skip
    return _listed("mail", settings.mail, lambda provider, _: smtp if provider == "smtp" else {})


def identity(settings: ProviderSettings) -> Identity | None:
    provider, _, address = settings.identity.partition("=")
    egress = Egress.from_settings(settings, "private_hosts")
    return providers.make("identity", provider, address=address, egress=egress) if provider else None


def directory(settings: ProviderSettings) -> Directory | None:
    if not settings.oidc_issuer:
        return None
    names = ("issuer", "client", "secret", "factor", "scope", "claim")
    given = {name: getattr(settings, f"oidc_{name}") for name in names}
    return providers.make("directory", "oidc", **given, roles=roles_of(settings.oidc_claim, settings.oidc_roles),
                          egress=Egress.from_settings(settings, "private_hosts"))  # fmt: skip


def roles_of(claim: str, setting: str) -> dict[str, str]:
    """`value=role;…` as a table; `role@demo.live` is for that side of an app only. A value may hold `=` itself, as
    names of groups in LDAP do. Raises BadInput.
    """
    rows = [row.rpartition("=") for row in setting.split(";") if row.strip()]
    table = {value.strip(): role.strip() for value, _, role in rows}
    wrong = unknown(role.partition("@")[0] for role in table.values())
    if bool(claim) != bool(table) or "" in table or wrong or len(table) != len(rows):
        roles = ", ".join(ROLES)
        raise BadInput(f"SHIMING_OIDC_CLAIM and SHIMING_OIDC_ROLES go together: claim, and value=role;… ({roles}).")
    return table


def _sources(kind: str, listed: str, **simulated: Any) -> list:
    """The outside sources of a setting; only simulated ones are given anything: that, and who is asked first."""
    return _listed(kind, listed, lambda provider, position: (
        {**simulated, "first": position == 0} if provider == "simulated" else {}
    ))  # fmt: skip


def _listed(kind: str, listed: str, given: Callable[[str, int], dict]) -> list:
    """The providers of a setting, `name=provider,…`, in their order, each made with what `given` names for it."""
    made = []
    for position, entry in enumerate(filter(None, listed.split(","))):
        name, _, provider = entry.partition("=")
        made.append(providers.make(kind, provider, name=name, **given(provider, position)))
    return made
