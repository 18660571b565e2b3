"""A release is rolled out over the one before it: both serve one PostgreSQL at once, under load, and nothing is lost.

The one before is a commit of ours from before the newest steps of the tables (`BEFORE`), as it was: its own code, its
own workers. The new one is this tree under the number of a later release. First all are old; the new release moves the
tables under them (expand); then one worker and one server are replaced, and both run beside each other while an old one
is killed and starts again; then the rest are replaced. `PART_SECONDS` says how long each part takes. Result:
bench/results/two_releases.json.
"""

import io
import os
import re
import shutil
import subprocess
import tarfile
import time
from collections import Counter
from pathlib import Path
from signal import SIGKILL

import pytest

from shiming.store import migrations
from tests.long.chaos import authority
from tests.long.chaos import run as chaos
from tests.long.test_kills import databases

assert databases  # a fixture
ROOT = Path(__file__).parents[2]
RESULT = ROOT / "bench" / "results" / "two_releases.json"
BEFORE = os.environ.get("BEFORE", "196695188574d55e8c45451487902e2760e556a7")
SECONDS = float(os.environ.get("PART_SECONDS", "60"))
PATIENCE = 300.0  # seconds more for a release that has not worked yet in a part
CONSENT = re.compile(r"409 (consent_missing|pieces_missing \(Still to be handed in: consent\.)")
"""A consent that the release before took names no recipients (step 0015): the new one asks anew, as the law wants, and
so do the pages; the clients here are no pages.
"""
LATER = "0.9.9"  # the number under which this tree moves the tables: a release knows another by it


def tree(commit: str, folder: Path) -> Path:
    """The sources of a commit, beside ours."""
    done = subprocess.run([shutil.which("git"), "archive", commit, "src"], cwd=ROOT, capture_output=True)
    if done.returncode:
        pytest.skip(f"{commit} is not in this clone: git fetch --unshallow")
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder / "src"


def ours(folder: Path) -> Path:
    """This tree as a later release."""
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    about = folder / "src/shiming/__init__.py"
    text = about.read_text("utf-8")
    number = text.rpartition('__version__ = "')[2].split('"')[0]
    about.write_text(text.replace(f'__version__ = "{number}"', f'__version__ = "{LATER}"'), "utf-8")
    return folder / "src"


class RollOut:
    """Who runs what, and who asked the authority meanwhile: a workflow's own work, by release."""

    def __init__(self, run: chaos.Run, new: Path, say):
        self.run, self.new, self._say = run, new, say
        self.releases = dict.fromkeys((service.name for service in run.fleet.services), "before")
        self.worked: dict[str, dict[str, int]] = {}

    def replace(self, *names: str) -> None:
        """One after another: the next when the one before answers again."""
        for service in [each for each in self.run.fleet.services if each.name in names]:
            starts = service.starts
            self.run.fleet.replace(service, self.new)
            self.releases[service.name] = "new"
            wait(lambda service=service, starts=starts: service.starts > starts and lives(service), service.name)

    def part(self, name: str) -> None:
        """Let it go on for a while, and until every release that runs has worked, however slow the machine; count whose
        workflows asked the authority in it.
        """
        began, least, most = time.time(), time.monotonic() + SECONDS, time.monotonic() + SECONDS + PATIENCE
        pids: dict[int, str] = {}
        asked: Counter[str] = Counter()
        while time.monotonic() < (most if set(self.releases.values()) - asked.keys() else least):
            pids |= {m.pid: self.releases[m.service.name] for m in self.run.fleet.members()}
            log = authority.asked(self.run.fleet.authority_log)
            asked = Counter(pids[one.pid] for one in log if one.at >= began and one.pid in pids)
            time.sleep(0.5)
        self.worked[name] = dict(asked)
        self._say(f"{name}: questions of workflows by release {dict(asked)}")


def lives(service) -> bool:
    from tests.long.chaos.fleet import _answers

    return _answers(service) if service.port else service.process.poll() is None


def wait(condition, who: str, seconds: float = 900) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"{who} did not end, or did not come back"
        time.sleep(0.2)


def steps(run: chaos.Run) -> str:
    with run.database.read() as connection:
        return migrations.current(connection)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_two_releases_serve_one_database_at_once_and_both_finish_their_work(databases, tmp_path, capfd):
    """Nothing that was answered is lost or done twice, no answer is a 500, and no process of either falls."""

    def say(line: str) -> None:
        with capfd.disabled():
            print(line, flush=True)

    old, new = tree(BEFORE, tmp_path / "before"), ours(tmp_path / "new")
    run = chaos.started(tmp_path, *databases, 31, int(os.environ.get("CLIENTS", "6")), source=old)
    try:
        rollout, at = RollOut(run, new, say), steps(run)
        assert at < migrations.head(), "nothing would be moved"
        rollout.part("before alone")
        run.fleet.run("migrate", source=new)
        assert steps(run) == migrations.head()
        rollout.part("before, on moved tables")
        rollout.replace("work-1", "serve-1")
        rollout.part("side by side")
        run.fleet.replace(run.fleet.services[1], old, SIGKILL)  # it starts again on tables that it does not know
        wait(lambda: lives(run.fleet.services[1]) and run.fleet.services[1].starts == 2, "serve-2")
        rollout.part("side by side, an old server killed")
        rollout.replace("work-2", "serve-2")
        rollout.part("new alone")
        run.rest(say)
        with run.database.read() as connection:
            found = chaos.counted(run, connection)
        found["wrong"]["audit"] = chaos.audited(run)
        found["asked_to_consent_again"] = [line for line in found["wrong"]["refused"] if CONSENT.search(line)]
        found["wrong"]["refused"] = [line for line in found["wrong"]["refused"] if not CONSENT.search(line)]
    finally:
        chaos.stop(run)
    kept = {"before": BEFORE[:7], "from": at, "to": migrations.head(), "seconds_per_part": SECONDS,
            "workflows_by_release": rollout.worked,
            "totals": {kind: len(lines) for kind, lines in found["wrong"].items()}, **found}  # fmt: skip
    chaos.written(RESULT, kept)
    say(str(kept["totals"]))
    assert not {kind: lines[:20] for kind, lines in found["wrong"].items() if lines}
    for part in ("side by side", "side by side, an old server killed"):
        assert min(rollout.worked[part].get(each, 0) for each in ("before", "new")) > 0, "one of them did nothing"
