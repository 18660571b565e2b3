"""Strangers' tools read the OpenAPI document: linters by their default rules, a client generator, and schemathesis,
which calls a running server by it. Result: bench/results/strangers.json. Needs a package index on its first run.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from shiming import demo
from tests.long.strangers_things import Things, exampled
from tests.stories.keys import key

ROOT = Path(__file__).parents[2]
TOOLS, DOCUMENT, HOME = ROOT / "tools" / "strangers", ROOT / "docs" / "openapi.json", ROOT / ".cache" / "strangers"
RESULT = ROOT / "bench" / "results" / "strangers.json"
ROLES = ("platform", "holder", "reviewer", "operator", "support")
CASES, EXAMPLES, SEED = 3000, 4, 20261130
NOT_OURS = ("positive_data_acceptance",)
"""It takes every 422 for a fault of the description; ours are also of what no schema says: a number's check digit."""
pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]


def told(**figures) -> None:
    kept = json.loads(RESULT.read_text("utf-8")) if RESULT.exists() else {}
    RESULT.write_text(json.dumps(kept | figures, indent=1, sort_keys=True) + "\n", "utf-8")


def run(*command, folder: Path = ROOT) -> subprocess.CompletedProcess:
    """With the programs of these tests on PATH: the generator warns where there is no ruff to put its code in order."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    return subprocess.run([str(part) for part in command], cwd=folder, capture_output=True, text=True,
                          env=os.environ | {"PATH": path})  # fmt: skip


@pytest.fixture(scope="session")
def node():
    """The linters, installed as the lock file says; returns where they lie."""
    done = run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", folder=TOOLS)
    assert done.returncode == 0, done.stderr
    return TOOLS / "node_modules" / ".bin"


@pytest.fixture(scope="session")
def programs():
    """The Python tools, in an environment of their own: what they need is not what we need."""
    if not (HOME / "bin" / "schemathesis").exists():
        assert run(sys.executable, "-m", "venv", HOME).returncode == 0
        done = run(HOME / "bin" / "pip", "install", "--quiet", "--no-deps", "--require-hashes", "-r",
                   TOOLS / "requirements.lock")  # fmt: skip
        assert done.returncode == 0, done.stderr
    return HOME / "bin"


def test_redocly_finds_no_error(node):
    done = run(node / "redocly", "lint", DOCUMENT, "--format", "json", "--extends", "recommended")
    found = json.loads(done.stdout[done.stdout.index("{") :])["totals"]
    told(redocly=found)
    assert found["errors"] == 0, done.stdout[-4000:]


def test_spectral_finds_no_error(node):
    done = run(node / "spectral", "lint", DOCUMENT, "-r", TOOLS / "spectral.yaml", "-f", "json", "-q")
    found = json.loads(done.stdout or "[]")
    errors = [each for each in found if each["severity"] == 0]
    told(spectral={"errors": len(errors), "warnings": len(found) - len(errors)})
    assert errors == []


def test_a_generated_client_loses_nothing(programs, tmp_path):
    """17 operations were lost: every one has its function now, and the generator warns of nothing."""
    done = run(programs / "openapi-python-client", "generate", "--path", DOCUMENT, "--output-path", tmp_path / "made",
               "--meta", "none", "--config", ROOT / "tools" / "clients" / "generator.yaml",
               folder=tmp_path)  # fmt: skip
    warnings = len(re.findall("WARNING|Warning", done.stdout + done.stderr))
    calls = [call["operationId"] for path in json.loads(DOCUMENT.read_text("utf-8"))["paths"].values()
             for call in path.values()]  # fmt: skip
    made = {file.stem for file in (tmp_path / "made" / "api").rglob("*.py")}
    lost = [id for id in calls if re.sub("([A-Z])", r"_\1", id).lower() not in made]
    told(openapi_python_client={"warnings": warnings, "operations": len(calls), "lost": len(lost)})
    assert (done.returncode, warnings, lost) == (0, 0, []), (done.stdout + done.stderr)[-4000:]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with demo.server(tmp_path_factory.mktemp("strangers"), requests_per_minute="100000000") as running:
        yield running


@pytest.fixture(scope="module")
def keys(server):
    """Of each role; a holder's is the token of a verification."""
    made = {role: key(server, role=role) for role in ROLES if role != "holder"}
    begun = server.api(made["platform"]).post("/verifications", {"account": "stranger-himself", "level": "standard"})
    return made | {"holder": begun["token"]}


@pytest.fixture(scope="module")
def described(server, keys, tmp_path_factory):
    """The document, with things that there are as its examples."""
    file = tmp_path_factory.mktemp("described") / "openapi.json"
    things = Things(server, keys).all()
    file.write_text(json.dumps(exampled(json.loads(DOCUMENT.read_text("utf-8")), things)), "utf-8")
    return file


@pytest.fixture(scope="module")
def answered():
    """By role, which calls came to a success with its key."""
    return {}


def allowed(document: dict, role: str) -> set[str]:
    """The calls that this role's key may make, as `POST /v1/…`; those that ask for no key are everybody's."""
    way = {"holderToken": []} if role == "holder" else {"apiKey": [role]}
    return {f"{method.upper()} {path}" for path, calls in document["paths"].items() for method, call in calls.items()
            if not call.get("security", document.get("security")) or way in call["security"]}  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
def test_schemathesis_finds_nothing_undescribed(programs, server, keys, described, answered, role, tmp_path):
    report = tmp_path / "report.ndjson"
    done = run(programs / "schemathesis", "--config-file", TOOLS / "schemathesis.toml", "run", described,
               "--url", server.address, "--header", f"Authorization: Bearer {keys[role]}", "--seed", SEED,
               "--max-examples", EXAMPLES, "--checks", "all", "--exclude-checks", ",".join(NOT_OURS),
               "--exclude-path-regex", "/live$", "--continue-on-failure", "--report", "ndjson",
               "--report-ndjson-path", report, folder=tmp_path)  # fmt: skip
    cases = re.search(r"([\d,]+) generated", done.stdout)
    made = int(cases[1].replace(",", "")) if cases else 0
    answered[role] = succeeded(report)
    asked = allowed(json.loads(DOCUMENT.read_text("utf-8")), role)
    told(**{f"schemathesis_{role}": {"cases": made, "failed": done.returncode, "operations": len(asked),
                                     "never_2xx": sorted(asked - answered[role])}})  # fmt: skip
    assert done.returncode == 0, done.stdout[-12000:]


def succeeded(report: Path) -> set[str]:
    """Calls with an answer of 2xx, as `POST /v1/…`."""
    found = set()
    for line in report.read_text("utf-8").splitlines():
        for event in json.loads(line).values():
            recorder = event.get("recorder") if isinstance(event, dict) else None
            for each in (recorder or {}).get("interactions", {}).values():
                if (each.get("response") or {}).get("status_code", 500) < 300:
                    found.add(recorder["label"])
    return found


@pytest.mark.parametrize("role", ROLES)
def test_nine_in_ten_calls_of_a_role_came_to_a_success(answered, role):
    asked = allowed(json.loads(DOCUMENT.read_text("utf-8")), role)
    never = sorted(asked - answered[role])
    assert asked and len(never) <= len(asked) // 10, never


def test_enough_was_asked():
    kept = json.loads(RESULT.read_text("utf-8"))
    cases = sum(kept[f"schemathesis_{role}"]["cases"] for role in ROLES)
    told(schemathesis={"cases": cases})
    assert cases >= CASES
