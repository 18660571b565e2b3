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

from tests.strangers import world as strangers
from tests.strangers.asking import DOCUMENT, ROOT, TOOLS, ask
from tests.strangers.things import ROLES

HOME, RESULT = ROOT / ".cache" / "strangers", ROOT / "bench" / "results" / "strangers.json"
CASES, EXAMPLES = 3000, 4
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
    if not (HOME / "bin" / "openapi-python-client").exists():
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
    with strangers.server(tmp_path_factory.mktemp("strangers")) as running:
        yield running


@pytest.mark.parametrize("role", ROLES)
def test_schemathesis_finds_nothing_and_succeeds_with_nine_in_ten_calls_of_a_role(server, role, tmp_path):
    found = ask(server, role, tmp_path, "--max-examples", EXAMPLES)
    told(**{f"schemathesis_{role}": found.told()})
    assert (found.ended, found.failed) == (0, {}), found.said[-12000:]
    assert found.enough, found.never


def test_enough_was_asked():
    kept = json.loads(RESULT.read_text("utf-8"))
    cases = sum(kept[f"schemathesis_{role}"]["cases"] for role in ROLES)
    told(schemathesis={"cases": cases})
    assert cases >= CASES
