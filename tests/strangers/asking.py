"""Schemathesis asks a running server with the key of one role, by the description with things that there are in it.

What it asked, what was answered and what each check said is read from its own report.
"""

import copy
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shiming.demo import Server
from tests.strangers.things import Given
from tests.strangers.things import names as fresh
from tests.strangers.world import World, key_of
from tools.site.bodies import BODIES, in_path
from tools.site.reference import calls as calls_of

ROOT = Path(__file__).parents[2]
TOOLS, DOCUMENT = ROOT / "tools" / "strangers", ROOT / "docs" / "openapi.json"
PROGRAM, SEED = Path(sys.executable).parent / "schemathesis", 20261130


@dataclass
class Asked:
    """What came of it: calls by `POST /v1/…`; how often each check passed and failed.

    `links` were followed, and `led` are the kinds of them that led to a success.
    """

    may: frozenset[str]
    cases: int = 0
    refused: int = 0
    reached: set[str] = field(default_factory=set)
    links: int = 0
    led: set[str] = field(default_factory=set)
    passed: Counter = field(default_factory=Counter)
    failed: Counter = field(default_factory=Counter)
    said: str = ""
    ended: int = 0

    @property
    def never(self) -> list[str]:
        """What the role may do and never succeeded with."""
        return sorted(self.may - self.reached)

    @property
    def enough(self) -> bool:
        """Whether nine in ten calls of this role came to a success."""
        return len(self.never) <= len(self.may) // 10

    def told(self) -> dict[str, Any]:
        checks = {name: {"passed": self.passed[name], "failed": self.failed[name]}
                  for name in sorted(self.passed | self.failed)}  # fmt: skip
        return {"operations": len(self.may), "succeeded": len(self.may) - len(self.never), "never_2xx": self.never,
                "cases": self.cases, "cases_on_calls_of_other_roles": self.refused, "checks": checks,
                "links_followed": self.links, "kinds_of_links_to_a_success": len(self.led),
                "failed": self.failed.total(), "exit": self.ended}  # fmt: skip


def may(document: Mapping[str, Any], role: str) -> frozenset[str]:
    """The calls that this role's key may make; those that ask for no key are everybody's."""
    way = {"holderToken": []} if role == "holder" else {"apiKey": [role]}
    return frozenset(f"{method.upper()} {path}" for method, path, call in calls_of(document)
                     if not call.get("security") or way in call["security"])  # fmt: skip


def own(document: Mapping[str, Any], calls: frozenset[str]) -> dict[str, Any]:
    """The document with these calls alone, and no link to others."""
    made = copy.deepcopy(dict(document))
    made["paths"] = {path: kept for path, methods in made["paths"].items()
                     if (kept := {name: call for name, call in methods.items() if f"{name.upper()} {path}" in calls})}
    ids = {call["operationId"] for _, _, call in calls_of(made)}
    for _, _, call in calls_of(made):
        for answer in call["responses"].values():
            answer["links"] = {id: link for id, link in answer.get("links", {}).items() if id in ids}
    return made


def exampled(document: Mapping[str, Any], given: Mapping[str, Given], folder: Path) -> dict[str, Any]:
    """The document with examples: in addresses what was made for each call, in bodies those of the reference."""
    made = copy.deepcopy(dict(document))
    for _, path, call in calls_of(made):
        _exampled(path, call, given.get(call["operationId"], Given()), folder)
    return made


def _exampled(path: str, call: dict[str, Any], given: Given, folder: Path) -> None:
    for parameter in call.get("parameters", ()):
        if parameter.get("in") == "path":
            name = parameter["name"]
            parameter["example"] = given.path.get(name) or in_path(path, name, parameter["schema"])
        if parameter.get("name") == "upload-offset":
            parameter["example"] = 0
    for kind, media in call.get("requestBody", {}).get("content", {}).items():
        body = BODIES.get(call["operationId"])
        if kind == "application/json" and body is not None:
            media["example"] = {**body, **({"account": next(fresh)} if "account" in body else {}), **(given.body or {})}
        elif given.body is not None:
            media["example"] = _files(given.body, folder)


def _files(body: Any, folder: Path) -> Any:
    """Bytes as the names of files, which hooks.py opens: no JSON holds them."""
    if isinstance(body, bytes):
        file = folder / next(fresh)
        file.write_bytes(body)
        return f"file://{file}"
    if isinstance(body, list):
        return [_files(each, folder) for each in body]
    return {name: _files(each, folder) for name, each in body.items()} if isinstance(body, dict) else body


def config(key: str, given: Mapping[str, Given]) -> str:
    """Ours, with the key of the role, or of a single call that has its own: a holder's token is for one thing."""
    own = "".join(f'\n[[operations]]\ninclude-operation-id = "{call}"\nheaders = {_header(each.key)}\n'
                  for call, each in given.items() if each.key)  # fmt: skip
    return (f'hooks = "{TOOLS}/hooks.py"\nheaders = {_header(key)}\n'
            + (TOOLS / "schemathesis.toml").read_text("utf-8") + own)  # fmt: skip


def _header(key: str) -> str:
    return f'{{ Authorization = "Bearer {key}" }}'


def ask(server: Server, role: str, folder: Path, *more: str | int, others: bool = True) -> Asked:
    """`others`: also what only other roles may; `more`: options beside those that are always the same."""
    world, document = World(server, role), json.loads(DOCUMENT.read_text("utf-8"))
    allowed = may(document, role)
    document = document if others else own(document, allowed)
    key, given = world.verification().key or key_of(server, role), world.all()
    described, settings, report = (folder / name for name in ("openapi.json", "schemathesis.toml", "report.ndjson"))
    described.write_text(json.dumps(exampled(document, given, folder)), "utf-8")
    settings.write_text(config(key, given), "utf-8")
    command = [PROGRAM, "--config-file", settings, "run", described, "--url", server.address, "--seed", SEED,
               "--continue-on-failure", "--report", "ndjson", "--report-ndjson-path", report, *more]  # fmt: skip
    done = subprocess.run([str(part) for part in command], cwd=folder, capture_output=True, text=True)
    made = Asked(allowed, said=done.stdout + done.stderr, ended=done.returncode)
    if report.exists():
        read(report.read_text("utf-8").splitlines(), made)
    return made


def read(lines: Iterable[str], made: Asked) -> Asked:
    """What the lines of its report say, added to what was made of others."""
    for line in lines:
        for event in json.loads(line).values():
            if isinstance(event, dict) and "recorder" in event:
                _note(event["recorder"], made)
    return made


def _note(recorder: Mapping[str, Any], made: Asked) -> None:
    for id, case in recorder.get("cases", {}).items():
        call = f"{case['value']['method']} {case['value']['path']}"
        answered = recorder.get("interactions", {}).get(id)
        if answered is None:
            continue
        checks = recorder.get("checks", {}).get(id, ())
        if call not in made.may:
            made.refused += 1
        elif checks:  # else it is what a check itself asked, as the same call without its key
            made.cases += 1
        good, link = ((answered.get("response") or {}).get("status_code") or 500) < 300, case.get("transition")
        made.reached |= {call} if good else set()
        if link and case["is_transition_applied"]:
            made.links += 1
            made.led |= {link["id"]} if good else set()
        for check in checks:
            (made.passed if check["status"] == "success" else made.failed)[check["name"]] += 1
