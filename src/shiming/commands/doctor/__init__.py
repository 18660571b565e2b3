"""`shiming doctor`: looks at all that a server needs; each line says that a part is well, or what to do."""

import argparse
import os

from shiming.commands.doctor import advice
from shiming.settings import Settings

SAID = {"ok": "ok  ", "note": "note", "do": "DO  "}


def actions(parser: argparse.ArgumentParser) -> None:
    """Add the options to the command's parser."""
    parser.add_argument("--before-start", action="store_true", help="leave out what needs a running server")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    """Exit code 1 where something has to be done. Changes nothing, and shows no secret."""
    from shiming.commands.doctor import looks

    settings = Settings.load()
    chosen = [*looks.before_start(settings), *(() if options.before_start else looks.running(settings))]
    secrets, worst = advice.secrets_of(os.environ), "ok"
    for line in looks.lines(chosen, settings):
        print(f"{SAID[line.state]}  {line.part:<12}  {advice.hidden(line.text, secrets)}", flush=True)
        worst = "do" if "do" in (worst, line.state) else worst
    return int(worst == "do")
