"""`shiming policy`: check | list | try | publish | rollback."""

import argparse
import getpass
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from shiming.commands.app_side import side_of, side_options
from shiming.errors import BadInput
from shiming.settings import Settings

if TYPE_CHECKING:
    from shiming.workflows.risk.trial_history import Engine


def actions(parser: argparse.ArgumentParser) -> None:
    """The actions and their options."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    check = actions.add_parser("check", help="say whether a document is understood, or where not")
    check.add_argument("file", type=Path)
    check.set_defaults(run=_check)
    _action(actions, "list", "versions, and which is in force", _list)
    attempt = _action(actions, "try", "who would be held that is not now, and the reverse; what it would cost", _try)
    attempt.add_argument("file", help="a document, or the name of a version")
    attempt.add_argument("--since", default="90d", help="how much history, such as 90d")
    attempt.add_argument("--out", type=Path, metavar="DIR", help="also write JSON and plot into this folder")
    attempt.add_argument("--engine", choices=("duckdb", "spark"), default="duckdb", help="spark: on a cluster")
    attempt.add_argument("--spark", metavar="MASTER", help="spark://… or sc://…; without it two processes of its own")
    attempt.add_argument("--shared", type=Path, metavar="DIR", help="folder that all workers of the cluster reach")
    publish = _action(actions, "publish", "propose a version that was tried, or approve one", _publish)
    publish.add_argument("version")
    publish.add_argument(
        "--wave", action="append", metavar="PERCENT[@TIME]", help="such as 10@2026-12-01T00:00:00+08:00; last one 100"
    )
    publish.add_argument("--notice", metavar="TIME", help="when holders are told of the first wave")
    back = _action(actions, "rollback", "end a version and lift the holds that only it asked for", _roll_back)
    back.add_argument("version")


def _action(actions, name: str, help: str, run) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=help)
    side_options(parser)
    parser.add_argument("--by", default=getpass.getuser(), help="who you are; stands in the trail")
    parser.set_defaults(run=run)
    return parser


def _check(options: argparse.Namespace) -> int:
    from shiming.risk import document
    from shiming.risk.expressions import Wrong

    text = options.file.read_text("utf-8")
    try:
        read = document.read(text)
    except Wrong as wrong:
        shown = text.split("\n")[wrong.line - 1] if wrong.line <= text.count("\n") + 1 else ""
        print(f"{options.file}:{wrong.line}:{wrong.column}: {wrong}\n  {shown}\n  {' ' * (wrong.column - 1)}^",
              file=sys.stderr)  # fmt: skip
        return 1
    print(f"{read.name}: {len(read.plan.features)} features, {len(read.plan.rules)} rules; understood")
    return 0


def _list(options: argparse.Namespace) -> None:
    from shiming.store.risk import policies

    with _context() as context:
        with context.database.read() as connection:
            rows = policies.listed(connection, side_of(options))
        current = context.policies.document(side_of(options), None, context.now()).limits.version
    for name in policies.PRESETS:
        print(name, "shipped", "in force" if name == current else "", sep="\t")
    for row in rows:
        waves = ", ".join(f"{wave['share']}%" for wave in row.waves)
        print(row.version, row.state, "in force" if row.version == current else waves, row.written_by, sep="\t")


def _try(options: argparse.Namespace) -> None:
    from shiming.workflows.risk import policy_rollout, policy_trial

    days = re.fullmatch(r"(\d{1,3})d", options.since)
    if not days:
        raise BadInput("--since is a number of days, such as 90d.")
    with _context() as context:
        app, file = side_of(options), Path(options.file)
        version = (
            policy_rollout.draft(context, app, file.read_text("utf-8"), options.by) if file.exists() else options.file
        )
        id = policy_trial.ask(context, app, version, int(days[1]), options.by, here=True)
        policy_trial.run(context, app, id, _engine(options))
        row = policy_trial.get(context, app, id)
    print(policy_trial.told(row.result))
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / f"{version}.json").write_text(json.dumps(row.result, ensure_ascii=False, indent=1), "utf-8")
        (options.out / f"{version}.png").write_bytes(row.plot)
        print(f"\n{options.out / version}.json and .png written")
    print(f"\n{version} was tried. `shiming policy publish {version} --wave 10 --wave 100@TIME` proposes it.")


def _engine(options: argparse.Namespace) -> "Engine | None":
    if options.engine == "duckdb":
        return None

    from shiming.store.risk.spark_history import TWO_PROCESSES, SparkHistory

    if options.spark and not options.shared:
        raise BadInput("--shared names the folder in which the cluster's workers find the events (sealed).")
    return lambda folder, events: SparkHistory(options.spark or TWO_PROCESSES, options.shared or folder)


def _publish(options: argparse.Namespace) -> None:
    from shiming.risk import waves
    from shiming.workflows.risk import policy_rollout

    with _context() as context:
        if not options.wave:
            policy_rollout.approve(context, side_of(options), options.version, options.by)
            print(f"{options.version} is approved; its waves go out at their times")
            return
        app, planned = side_of(options), [_wave(text) for text in options.wave]
        if options.notice:
            planned[0]["notice_at"] = options.notice
        policy_rollout.propose(context, app, options.version, waves.read(planned, context.now()), options.by)
    print(f"{options.version} is proposed. Somebody else: `shiming policy publish {options.version} --by NAME`")


def _wave(text: str) -> dict:
    share, _, at = text.partition("@")
    if not share.isdecimal():
        raise BadInput(f"A wave is a percentage, such as 10@2026-12-01T00:00:00+08:00, not '{text}'.")
    return {"share": int(share)} | ({"at": at} if at else {})


def _roll_back(options: argparse.Namespace) -> None:
    from shiming.workflows.risk import policy_rollout

    with _context() as context:
        lifted = policy_rollout.roll_back(context, side_of(options), options.version, options.by)
    print(f"{options.version} is rolled back; {lifted} holds lifted")


def _context():
    from shiming import app

    return app.command_context(Settings.load())
