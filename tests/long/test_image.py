"""The container image, built for real from Debian's packages and run as it is meant to: another user, a root read only.

Needs root, buildah and mmdebstrap (Debian: apt-get install buildah mmdebstrap) and 6 GB in the temporary folder.
Result: bench/results/image.json.
"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.application import free_port

pytestmark = [pytest.mark.long, pytest.mark.timeout(5400)]
ROOT = Path(__file__).parents[2]
TAG, MOST_BYTES = "localhost/shiming:tried", 1_200_000_000
RESULT = ROOT / "bench/results/image.json"
START_SECONDS = 120  # a bound against hanging; what it took is in the result
STARTED = """
import json, os, subprocess, sys, time, urllib.error, urllib.request
os.environ |= {"SHIMING_HOST": "127.0.0.1", "SHIMING_PORT": sys.argv[1], "SHIMING_DATA": "/tmp/started"}
def began():
    at = time.monotonic()
    serve = subprocess.Popen(["shiming", "serve"])
    took = {}
    for path in ("health", "ready"):
        while path not in took and time.monotonic() < at + float(sys.argv[2]):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/v1/{path}", timeout=5)
                took[path] = round(time.monotonic() - at, 1)
            except OSError:
                time.sleep(0.05)
    serve.terminate()
    serve.wait()
    return took
print(json.dumps({"first": began(), "again": began()}))
"""


def buildah(keep: Path, *arguments: str) -> str:
    command = [shutil.which("buildah"), "--root", str(keep), "--runroot", f"{keep}.run", *arguments]
    environment = os.environ | {"STORAGE_DRIVER": "vfs", "BUILDAH_ISOLATION": "chroot"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"buildah {' '.join(arguments)[:80]}: {(done.stdout + done.stderr)[-2000:]}"
    return done.stdout.strip()


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    """The folder of buildah's images with ours in it."""
    for program in ("buildah", "mmdebstrap"):
        assert shutil.which(program), f"install {program}: apt-get install buildah mmdebstrap"
    keep = tmp_path_factory.mktemp("image") / "images"
    environment = os.environ | {"KEEP": str(keep)}
    script = [ROOT / "deploy/build-image.sh", TAG]
    done = subprocess.run(script, cwd=ROOT, env=environment, text=True, capture_output=True)
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    return keep


@pytest.fixture(scope="module")
def container(image):
    made = buildah(image, "from", "--pull-never", TAG)
    yield made
    buildah(image, "rm", made)


def test_it_is_small_and_runs_as_nobody_in_particular(image, container):
    about = json.loads(buildah(image, "inspect", "--type", "image", TAG))
    config = about["Docker"]["config"]
    assert config["User"] == "10001:10001" and config["Entrypoint"] == ["shiming"] and config["Cmd"] == ["serve"]
    tree = Path(buildah(image, "mount", container))
    size = sum(path.lstat().st_size for path in tree.rglob("*"))
    noted(megabytes=round(size / 1e6))
    assert size <= MOST_BYTES
    owned = [path.name for path in (tree / "opt/shiming").rglob("*") if path.lstat().st_uid == 10001]
    assert owned == ["compiled"], "the program cannot be changed by the user that runs it"
    names = {path.name for path in (tree / "opt/shiming/lib").rglob("*.dist-info")}
    assert not [name for name in names if re.match(r"(pip|hatchling|pytest|playwright|nodejs)", name)]


def test_it_answers_and_is_ready_within_seconds(image, container):
    """The first start makes keys and tables and compiles the networks for this processor; the next one finds them."""
    program = ["python3", "-c", STARTED, str(free_port()), str(START_SECONDS)]
    said = json.loads(buildah(image, "run", container, "--", *program).splitlines()[-1])
    noted(start_seconds=said)
    assert all({"health", "ready"} <= took.keys() for took in said.values())


def noted(**figures) -> None:
    """Beside what was kept of the same image."""
    kept = json.loads(RESULT.read_text("utf-8")) if RESULT.exists() else {}
    RESULT.write_text(json.dumps({**kept, **figures, "cores": os.cpu_count()}, indent=1) + "\n", "utf-8")


def test_the_doctor_finds_weights_and_settings_well_inside(image, container):
    buildah(image, "run", container, "--", "shiming", "migrate")
    looked = "SHIMING_CONNECTIONS=512 shiming doctor --before-start"  # the builder allows its containers 1024 files
    said = buildah(image, "run", container, "--", "sh", "-c", looked)
    assert "DO " not in said and "all hashes right" in said


def test_the_demo_passes_inside(image, container):
    said = buildah(image, "run", container, "--", "sh", "-c", "cd /tmp && SHIMING_HOST=127.0.0.1 shiming demo --once")
    print(said[-2000:])
