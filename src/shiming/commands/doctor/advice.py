"""What is said of each part, judged from what was seen of it: no clock, disk or network here."""

import difflib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

State = Literal["ok", "note", "do"]
CLOCK_MS = 2000  # apart: a link or a hold would end that much too early or late
DISK_SHARE, DISK_BYTES = 0.10, 1 << 30  # free, below which the operator should hear of it
SECRET = re.compile(
    r"SECRET|PASSWORD|TOKEN(?!_FILE|_LABEL)|CREDENTIAL|_PIN\b|_KEY\b|_KEY_(?!FILE|NAME|LABEL|PROVIDER|HOURS)|_SAS\b"
)
KEY_DAYS = 7  # before a key for backups ends, when the operator should hear of it
LEAST_SECRET = 4  # shorter words would black out half of every line
HIDDEN = "•••"


@dataclass(frozen=True, slots=True)
class Advice:
    """One line: of which part, whether something has to be done, and what."""

    part: str
    state: State
    text: str


@dataclass(frozen=True, slots=True)
class Seen:
    """How the server saw a request of ours: who sent it to the server, whom it takes us for, what it was told."""

    peer: str
    address: str
    host: str
    forwarded: str | None


def settings(names: Collection[str], environment: Iterable[str]) -> list[Advice]:
    """Variables that look like settings and are none: what they say is not heard."""
    known = {f"SHIMING_{name.upper()}" for name in names}
    given = sorted(name for name in environment if name.startswith("SHIMING_"))
    wrong = [name for name in given if name not in known]
    near = {name: difflib.get_close_matches(name, known, 1, 0.8) for name in wrong}
    lines = [
        Advice("settings", "do", f"{name} is no setting. Did you mean {near[name][0]}?")
        if near[name]
        else Advice("settings", "note", f"{name} is no setting; docs/settings.md lists all.")
        for name in wrong
    ]
    return lines or [Advice("settings", "ok", f"{len(given)} set, all understood")]


def address(public_url: str, port: int) -> Advice:
    """Under which address holders' phones are sent here."""
    if not public_url:
        text = f"SHIMING_PUBLIC_URL is not set: holders get links to http://127.0.0.1:{port}, which no phone opens."
        return Advice("address", "note", text)
    parts = urlsplit(public_url)
    if parts.scheme != "https" and not _loopback(parts.hostname or ""):
        return Advice("address", "do", "SHIMING_PUBLIC_URL has to begin with https://: cameras of phones work by https "
                                       "only. Let the proxy in front do TLS.")  # fmt: skip
    if parts.path.strip("/") or parts.query:
        return Advice("address", "do", "SHIMING_PUBLIC_URL is a scheme and a host only: https://id.example.cn")
    return Advice("address", "ok", public_url)


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def keys(path: str, held: str, wanted: str) -> list[Advice]:
    """`held`: by which key outside the key file was opened, just now; `wanted`: by which it should be sealed."""
    if held != ("" if wanted == "file" else wanted):
        lies = f"is sealed by {held}" if held else "holds the keys as they are"
        return [Advice("keys", "do", f"{path} {lies}, though SHIMING_KEY_PROVIDER is {wanted}. Run: shiming keys "
                                     "rewrap, and give the file to every machine (docs/keys.md)")]  # fmt: skip
    by = f", and {held} opened it" if held else ""
    return [Advice("keys", "ok", f"{path} is this installation's{by}; keep a copy apart from both databases")]


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of the other suite: data keys that it wraps, whether the look-up key is its, whether the audit key
    of the one in force is missing, sealed values (pictures are not counted), kinds of backups sealed for a key of it.
    """

    data_keys: int = 0
    lookup: bool = False
    audit: bool = False
    values: int = 0
    backups: Sequence[str] = ()


def crypto(suite: str, other: str, left: Left) -> Advice:
    """Which suite is in force, and how to come from the other one."""
    ways = [
        (left.data_keys or left.audit, f"shiming keys rotate ({left.data_keys} data keys" + (
            ", and there is no SM2 key yet that signs the audit log)" if left.audit else ")")),
        (left.lookup, "shiming keys rotate --lookup, with every process stopped (new look-up hashes)"),
        (left.values, f"shiming keys reseal ({left.values} sealed values, at least)"),
        *((True, f"shiming backup new-key {kind}") for kind in left.backups),
    ]  # fmt: skip
    to_do = "; ".join(way for needed, way in ways if needed)
    if to_do:
        return Advice("crypto", "do", f"SHIMING_CRYPTO is {suite}, and there is something of the {other} suite. Run: "
                                      f"{to_do} (docs/keys.md)")  # fmt: skip
    return Advice("crypto", "ok", f"{suite}; nothing is left of the other but, maybe, pictures and hashes of before")


def database(kind: str, step: str | None, newest: str, read_only: bool, lacks: Sequence[str] = ()) -> Advice:
    """`step` is where the tables are, `newest` where this release wants them; `lacks` names unusable indexes."""
    if read_only:
        return Advice("database", "do", "It can be read only: SHIMING_DATABASE_URL has to name the primary server.")
    if step != newest:
        at = f"at {step}" if step else "empty"
        return Advice("database", "do", f"{kind} answers, its tables are {at}, not at {newest}. Run: shiming migrate")
    if lacks:
        names = ", ".join(lacks[:5]) + (" …" if len(lacks) > 5 else "")
        return Advice("database", "do", f"Indexes are not there, or half-built: {names}. Run: shiming migrate")
    return Advice("database", "ok", f"{kind}, tables at {step}")


def clock(ours: int, theirs: int, round_trip: int) -> Advice:
    """All in milliseconds: our clock halfway through the question, the database's, how long the question took."""
    apart = max(0, abs(ours - theirs) - round_trip // 2)
    if apart > CLOCK_MS:
        ahead = "ahead of" if ours > theirs else "behind"
        return Advice("clock", "do", f"This machine's clock is {apart / 1000:.1f} s {ahead} the database's: "
                                     "have both follow the same NTP servers.")  # fmt: skip
    return Advice("clock", "ok", f"within {(apart + round_trip) / 1000:.1f} s of the database's")


def sources(listed: Mapping[str, str], live: bool) -> list[Advice]:
    """`listed` are the settings of sources and channels, `name=provider,…` each; `live`: for real people, too."""
    made_up = [name for name, text in listed.items() if any(e.endswith("=simulated") for e in text.split(","))]
    if not made_up:
        return [Advice("sources", "ok", "all are real: " + "; ".join(filter(None, listed.values())))]
    names = ", ".join(f"SHIMING_{name.upper()}" for name in made_up)
    if live:
        return [Advice("sources", "do", f"There are API keys for real people, and simulated answers in {names}: "
                                        "they say what is typed. Name real ones there.")]  # fmt: skip
    return [Advice("sources", "note", f"simulated in {names}: good for tests, not for real people")]


def source(kind: str, name: str, why: str, code: str) -> Advice:
    """Of a source that does not answer until a person has mended it."""
    said = f"{kind} {name} is {why}{f' ({code})' if code else ''}"
    return Advice("sources", "do", f"{said}: {REMEDY_OF[why]}. Then find out by: shiming sources try {name}")


REMEDY_OF = {
    "misconfigured": "check its key, secret, region and permission in the file of sources, and this machine's clock",
    "unpaid": "the account with the vendor has no money, or its package is used up",
}


def backup(hours: Mapping[str, float | None], limit: int, key_days: Mapping[str, int]) -> list[Advice]:
    """`hours` since the last proven backup of each kind, None: there never was one; `key_days` until the key for each
    kind ends, where it does.
    """
    if all(age is None for age in hours.values()):
        return [Advice("backup", "note", "None was ever written by shiming backup write (operate.md, Backup).")]
    old = [kind for kind, age in hours.items() if age is None or age > limit]
    if old and limit:
        return [Advice("backup", "do", f"The last backup of the {' and the '.join(old)} is older than {limit} hours: "
                                       "see what the timer of shiming backup write says.")]  # fmt: skip
    if soon := {kind: days for kind, days in key_days.items() if days <= KEY_DAYS}:
        return [Advice("backup", "do", f"The key for backups of the {kind} ends in {days} days. Make the next one: "
                                       f"shiming backup new-key {kind}") for kind, days in soon.items()]  # fmt: skip
    said = ", ".join(f"{kind} {age or 0:.0f} hours ago" for kind, age in hours.items())
    return [Advice("backup", "ok", said)]


def disk(folder: str, free: int, total: int) -> Advice:
    """Bytes that this user may still write, and the size of the disk."""
    said = f"{folder}: {free / (1 << 30):.1f} GB free of {total / (1 << 30):.0f}"
    if free < min(DISK_BYTES, total * DISK_SHARE):
        return Advice("disk", "do", f"{said}. Make room: docs/runbooks.md, a full disk")
    return Advice("disk", "note" if free < total * DISK_SHARE else "ok", said)


def handles(limit: int, wanted: int) -> Advice:
    """Files that a process may open, and how many the setting of connections asks for."""
    if limit < wanted:
        return Advice("open files", "do", f"This user may open {limit} files, SHIMING_CONNECTIONS asks for {wanted}: "
                                          "raise LimitNOFILE (systemd) or ulimit -n, or lower it.")  # fmt: skip
    return Advice("open files", "ok", f"{limit} allowed, {wanted} wanted")


def forwarded(seen: Seen, sent: str, trusted: bool, public_url: str) -> list[Advice]:
    """What became of a request on which we wrote `sent` as X-Forwarded-For, as any client may. `trusted`: who handed it
    to the server is a proxy that the settings name.
    """
    host = urlsplit(public_url).netloc
    lines = [_who_asks(seen, sent, trusted, public_url.startswith("https:"))]
    if seen.host.lower() != host.lower():
        lines.append(Advice("proxy", "do", f"The proxy says Host: {seen.host}, browsers say {host}: pages' own calls "
                                           "are refused as another site's. Have it pass Host on."))  # fmt: skip
    return lines


def _who_asks(seen: Seen, sent: str, trusted: bool, proxied: bool) -> Advice:
    if seen.address == sent:
        return Advice("proxy", "do", "The proxy hands on the X-Forwarded-For that a client wrote, so that anybody is "
                                     "whom he likes. Have it write its own (deploy/nginx, deploy/caddy).")  # fmt: skip
    if trusted and seen.forwarded is None:
        return Advice("proxy", "do", f"The proxy at {seen.peer} says of nobody who asks: have it send X-Forwarded-For.")
    if not trusted and (proxied or seen.forwarded != sent):
        return Advice("proxy", "do", f"Everybody seems to come from the proxy at {seen.peer}: name it, or its network, "
                                     "in SHIMING_TRUSTED_PROXIES.")  # fmt: skip
    return Advice("proxy", "ok", f"who asks is seen as {seen.address}, and nobody can pretend to be another")


def secrets_of(environment: Mapping[str, str]) -> set[str]:
    """What must never be shown: values of variables whose name says so, and passwords inside of addresses."""
    named = {text for name, text in environment.items() if SECRET.search(name)}
    inside = {word for text in environment.values() for word in re.findall(r"://[^/@\s:]*:([^@\s]+)@", text)}
    return {word for word in named | inside if len(word) >= LEAST_SECRET}


def hidden(text: str, secrets: Iterable[str]) -> str:
    """The text without any of the secrets, on one line."""
    for word in sorted(secrets, key=len, reverse=True):
        text = text.replace(word, HIDDEN)
    return " ".join(text.split())
