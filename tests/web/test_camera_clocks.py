"""The pure part of the pages' camera, in Node: absence, silence, a picture that stands still (issue 14)."""

import os
import subprocess
from pathlib import Path

import pytest

from tools.setup import front_end

TRANSFORM = front_end.WEB / "node_modules" / "rolldown" / "dist" / "utils-index.mjs"


@pytest.mark.skipif(not TRANSFORM.exists(), reason="the front end came built, in a bundle: no compiler")
def test_the_clocks_of_the_camera():
    """A slow server was told to people as "your face left the picture"; a picture that stood still was sent."""
    node, _ = front_end.tools()
    given = {"SOURCES": str(front_end.WEB / "flow" / "src"), "TRANSFORM": TRANSFORM.as_uri()}
    script = Path(__file__).with_name("camera_clocks.mjs")
    done = subprocess.run([node, "--test", str(script)], env=os.environ | given, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
