"""The providers that the settings name, each made with what the settings have for it. Raises BadInput, ValueError."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from shiming import providers
from shiming.egress import Egress, EgressSettings
from shiming.errors import BadInput
from shiming.providers import sources_file
from shiming.providers.contracts import (
    Authority,
    Bank,
    Carrier,
    Directory,
    Embed,
    Identity,
    Mail,
    OutsideKey,
    PlayReports,
    Sms,
)
from shiming.providers.terms import PLAIN, Secret, TermsOf, side
from shiming.review.roles import ROLES, unknown


class ProviderSettings(EgressSettings, Protocol):
    sources: str
    sources_abroad: str
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


class KeySettings(EgressSettings, Protocol):
    vault_address: str
    vault_key_name: str
    vault_token: str
    vault_token_file: str
    vault_namespace: str
    vault_ca: str
    pkcs11_module: str
    pkcs11_token_label: str
    pkcs11_key_label: str
    pkcs11_pin: str
    pkcs11_pin_file: str


@dataclass(frozen=True, slots=True)
class Sources:
    """Everybody outside, in the order of asking, and on which terms: of the file, and of single settings."""

    authorities: list[Authority] = field(default_factory=list)
    carriers: list[Carrier] = field(default_factory=list)
    banks: list[Bank] = field(default_factory=list)
    sms: list[Sms] = field(default_factory=list)
    mail: list[Mail] = field(default_factory=list)
    identities: list[Identity] = field(default_factory=list)
    plays: list[PlayReports] = field(default_factory=list)
    terms: TermsOf = field(default_factory=dict)


LISTS = {"authority": "authorities", "carrier": "carriers", "bank": "banks", "sms": "sms", "mail": "mail",
         "identity": "identities", "play": "plays"}  # fmt: skip


def sources(settings: ProviderSettings, embed: Embed) -> Sources:
    """Those of the file of sources, and for each kind and side of an app that it says nothing of, those that settings
    name. Raises BadInput, ValueError.
    """
    egress = Egress.from_settings(settings, "private_hosts")
    register = Path(settings.simulated_register) if settings.simulated_register else None
    given, abroad = {"register": register, "embed": embed}, settings.sources_abroad.replace(" ", "").split(",")
    file = sources_file.load(settings.sources, given, egress, abroad) if settings.sources else ()
    said = {(source.kind, source.terms.side) for source in file}
    lists: dict[str, list] = {}
    for kind, name in LISTS.items():
        rest = [p for p in _of_settings(kind, settings, register, embed, egress) if (kind, side(PLAIN, p)) not in said]
        lists[name] = [source.provider for source in file if source.kind == kind] + rest
    terms = {(source.kind, source.name): source.terms for source in file}
    for kind, name in LISTS.items():
        names = [provider.name for provider in lists[name]]
        if twice := {each for each in names if names.count(each) > 1 and (kind, each) in terms}:
            raise BadInput(
                f"{settings.sources}: SHIMING_{name.upper()} has a source called '{min(twice)}' too; rename it."
            )
    return Sources(**lists, terms=terms)


def _of_settings(kind: str, settings: ProviderSettings, register: Path | None, embed: Embed, egress: Egress) -> list:
    """The sources of single settings; only simulated ones are given anything: that, and who is asked first. Reports of
    play go out by the file alone.
    """
    if kind == "play":
        return []
    if kind == "mail":
        return _mail(settings, egress)
    if kind == "identity":
        provider, _, address = settings.identity.partition("=")
        return [providers.make("identity", provider, address=address, egress=egress)] if provider else []
    if kind == "sms":
        return _listed("sms", settings.sms, lambda provider, _: {})
    given = {"register": register, "embed": embed} if kind == "authority" else {}
    return _listed(kind, getattr(settings, LISTS[kind]), lambda provider, position: (
        {**given, "first": position == 0} if provider == "simulated" else {}
    ))  # fmt: skip


def _mail(settings: ProviderSettings, egress: Egress) -> list[Mail]:
    smtp = {
        "host": settings.smtp_host, "port": settings.smtp_port, "security": settings.smtp_security,
        "user": settings.smtp_user, "password": Secret(settings.smtp_password), "sender": settings.mail_from,
        "from_name": settings.platform_name, "egress": egress,
    }  # fmt: skip
    return _listed("mail", settings.mail, lambda provider, _: smtp if provider == "smtp" else {})


def directory(settings: ProviderSettings) -> Directory | None:
    if not settings.oidc_issuer:
        return None
    names = ("issuer", "client", "secret", "factor", "scope", "claim")
    given = {name: getattr(settings, f"oidc_{name}") for name in names}
    return providers.make("directory", "oidc", **given, roles=roles_of(settings.oidc_claim, settings.oidc_roles),
                          egress=Egress.from_settings(settings, "private_hosts"))  # fmt: skip


def outside_key(settings: KeySettings, provider: str) -> OutsideKey:
    """The key outside that key files are sealed by; guests are given nothing, and read settings of their own. Raises
    BadInput, ValueError.
    """
    if provider == "vault":
        if settings.vault_ca and not Path(settings.vault_ca).is_file():
            raise BadInput(f"There is no file {settings.vault_ca}. Correct SHIMING_VAULT_CA.")
        egress = Egress.from_settings(settings, "private_hosts", settings.vault_ca)
        return providers.make(
            "key", provider, address=settings.vault_address, key=settings.vault_key_name, token=settings.vault_token,
            token_file=settings.vault_token_file, namespace=settings.vault_namespace, egress=egress,
        )  # fmt: skip
    if provider == "pkcs11":
        return providers.make(
            "key", provider, module=settings.pkcs11_module, token=settings.pkcs11_token_label,
            key=settings.pkcs11_key_label, pin=settings.pkcs11_pin, pin_file=settings.pkcs11_pin_file,
        )  # fmt: skip
    return providers.make("key", provider)


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


def _listed(kind: str, listed: str, given: Callable[[str, int], dict]) -> list:
    """The providers of a setting, `name=provider,…`, in their order, each made with what `given` names for it."""
    made = []
    for position, entry in enumerate(filter(None, listed.split(","))):
        name, _, provider = entry.partition("=")
        made.append(providers.make(kind, provider, name=name, **given(provider, position)))
    return made
