"""What starts often starts without what only the HTTP process needs: its routes are most of what there is to load."""

import subprocess
import sys

LOADED = """
import sys
import shiming.{module}
print([name for name in sys.modules if name in {heavy}])
"""


def test_a_worker_and_a_command_load_no_routes():
    """`shiming migrate`, `keys list` and every worker took 5.3 s of CPU to start, of which the routes were 2.5."""
    heavy = ("shiming.web.application", "shiming.web.routers", "shiming.web.console", "shiming.web.flow.router")
    text = LOADED.format(module="app", heavy=heavy)
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
