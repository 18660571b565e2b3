"""From the clone to the first approved verification, by the guide as it stands. Result: bench/results/newcomer.json.

Needs a package index, npm, and the guide's own port. What pip and npm keep from earlier is used: `kept`.
"""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.documented import blocks, page

ROOT = Path(__file__).parents[2]
RESULT = ROOT / "bench" / "results" / "newcomer.json"
pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]


def test_the_guide_literally(tmp_path):
    """`make setup`, the server and a key, curl, Python in an environment that has nothing but httpx."""
    first, curl = blocks(page("integrate.md"), "bash")[:2]
    (tmp_path / "guide.py").write_text(blocks(page("integrate.md"), "python")[0], "utf-8")
    steps = {
        "clone": f"git clone -q --branch {_branch()} {ROOT} shiming",
        "setup": "cd shiming && make setup >/dev/null",
        "server": f"{first}\nuntil curl -fs $API/health >/dev/null; do sleep 0.2; done",
        "curl": curl,
        "python": "python3 -m venv ../try && ../try/bin/pip install --quiet httpx && ../try/bin/python ../guide.py",
    }
    script = "\n".join(f"{step}\necho; echo =={name} $(date +%s.%N)" for name, step in steps.items())
    began, given = time.time(), {k: v for k, v in os.environ.items() if not k.startswith("SHIMING_")}
    process = subprocess.Popen(["/bin/bash", "-euo", "pipefail", "-c", script], cwd=tmp_path, env=given, text=True,
                               stdout=subprocess.PIPE, start_new_session=True)  # fmt: skip
    said, seconds, before = [], {}, began
    for line in process.stdout:  # the server that was left behind holds it open
        said.append(line)
        if line.startswith("=="):
            name, at = line[2:].split()
            seconds[name], before = round(float(at) - before, 1), float(at)
            if name == "python":
                break
    os.killpg(process.pid, signal.SIGTERM)
    assert "python" in seconds, "".join(said)[-4000:]
    assert "name_number_mismatch" in "".join(said) or '"checking"' in "".join(said)
    assert "approved []" in "".join(said)
    kept = (Path.home() / ".cache" / "pip").exists()
    told = {"seconds": seconds, "total": round(before - began, 1), "kept": kept}
    RESULT.write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    print(json.dumps(told))


def _branch() -> str:
    asked = ["/usr/bin/git", "rev-parse", "--abbrev-ref", "HEAD"]
    return subprocess.run(asked, cwd=ROOT, capture_output=True, text=True).stdout.strip()
