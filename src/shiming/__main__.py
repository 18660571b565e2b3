"""`shiming`: serve | work | gate | migrate | doctor | backup | restore | demo | policy | keys | staff | mail | …"""

import argparse
import importlib
import os
import sys
from functools import partial
from pathlib import Path

from shiming import children
from shiming.settings import Settings
from shiming.telemetry import logs

NICE = 3  # of workflows beside a server: who stands at its door goes first, pictures (5) last


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns its exit code. What goes wrong is said in one line."""
    given = sys.argv[1:] if arguments is None else arguments
    options = _parser(given[0] if given else "").parse_args(given)
    try:
        return options.run(options) or 0
    except KeyboardInterrupt:
        return 130
    except Exception as fault:
        return _failed(fault)


def _failed(fault: Exception) -> int:
    from shiming import startup  # not above: it loads what `--help` does not need

    line = startup.told(fault)
    if line is None:
        raise fault
    print(f"shiming: {line}", file=sys.stderr)
    return 1


OF_THEIR_OWN = {
    "audit": "the audit trail: export, check, prove",
    "consume": "take the platform's events out of a Kafka topic",
    "doctor": "look at all that a server needs, and say what to do",
    "backup": "database and files in one file, keys in another",
    "restore": "put both into an empty place, and erase again who was erased since",
    "import": "users who were verified elsewhere, their bindings, blocks, holds and history",
    "policy": "what is watched for, and what follows",
    "keys": "API keys and the key file",
    "listen": "on a developer's machine: webhooks of a test side come to it",
    "mail": "take appeals in by mail",
    "report": "what an authority asks to be told: face-filing | yearly",
    "sources": "outside sources: how well they are, what they cost, one call to try",
    "staff": "people who decide and people who help",
    "trigger": "on a developer's machine: fire a webhook of a test side",
}
"""Commands with a file of their own, loaded when it is the one that runs: each loads much, and `serve` starts often."""


MODULES = {"import": "imports"}
"""Commands that Python has the word of for itself."""


def _parser(asked: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="shiming", description="A self-hosted real-name platform.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, run, help in (
        ("serve", partial(_server, "serve"), "serve the API and run workflows"),
        ("work", _work, "run workflows"),
        ("gate", partial(_server, "gate"), "answer the gate only: may this account do that?"),
    ):
        command = commands.add_parser(name, help=help)
        command.add_argument("--parent", type=int, help="end when this process, which started us, has ended")
        command.set_defaults(run=run)
    commands.add_parser("migrate", help="make or update keys and tables").set_defaults(run=_migrate)
    demo = commands.add_parser("demo", help="send the cast of people through a server of its own")
    demo.add_argument("--once", action="store_true", help="end by itself, exit 0 only if every outcome is as expected")
    demo.add_argument(
        "--photos", type=Path, metavar="FOLDER", help="only write the photos that a simulated authority needs"
    )
    demo.set_defaults(run=_demo)
    replay = commands.add_parser("replay", help="make a verification's decisions again from what was kept")
    replay.add_argument("id")
    replay.set_defaults(run=_replay)
    for name, about in OF_THEIR_OWN.items():
        own = commands.add_parser(name, help=about)
        if name == asked:
            importlib.import_module(f"shiming.commands.{MODULES.get(name, name)}").actions(own)
    _bench_options(commands.add_parser("bench", help="how well and how fast, measured on a folder of yours"))
    return parser


def _bench_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", choices=("card", "face", "liveness", "verification", "genuine"))
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the folder to measure on")
    parser.add_argument("--out", type=Path, metavar="DIR", help="also write JSON and plots into this folder")
    parser.add_argument("--limit", type=int, help="at most so many items of each kind")
    parser.set_defaults(run=_bench)


def _end_with(parent: int | None) -> None:
    """Before anything that takes long is loaded: a parent may end in the meantime."""
    if parent:
        children.end_with(parent)


def _server(which: str, options: argparse.Namespace) -> None:
    _end_with(options.parent)
    from shiming import server

    settings = Settings.load()
    logs.configure(settings)
    getattr(server, which)(settings)


def _work(options: argparse.Namespace) -> None:
    _end_with(options.parent)
    from shiming import app

    stop = children.asked_to_stop()
    if options.parent:
        os.nice(NICE)
    settings = Settings.load()
    logs.configure(settings)
    joined, worker = app.worker(settings)
    logs.adopt("dbos")
    with app.worker_figures(settings, beside=bool(options.parent)):
        stop.wait()
    worker.close()
    joined.close()


def _migrate(options: argparse.Namespace) -> None:
    from shiming import app

    app.migrate(Settings.load())


def _demo(options: argparse.Namespace) -> int:
    from shiming import demo

    if options.photos:
        print(f"SHIMING_SIMULATED_REGISTER={demo.write_register(options.photos).resolve()}")
        return 0
    return demo.run(once=options.once)


def _replay(options: argparse.Namespace) -> int:
    from shiming import app
    from shiming.workflows.verification import decision_replay

    with app.command_context(Settings.load()) as context:
        return decision_replay.main(context.database, context.sealer, options.id)


def _bench(options: argparse.Namespace) -> None:
    from shiming import bench

    report = bench.measure(options.name, options.data, options.limit)
    print(report.text())
    if options.out:
        print(f"\n{report.write(options.out)} written")


if __name__ == "__main__":
    sys.exit(main())
