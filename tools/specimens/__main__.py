"""The command line: python -m tools.specimens set | attacks | defects | cast | bad (see README.md)."""

import argparse
import sys
from pathlib import Path

from . import attacks, bad, cast, defects, fonts, presets, sets

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "src/shiming/demo"
TABLE, FACES, CARDS = DEMO / "cast.toml", DEMO / "faces", DEMO / "cards"
RENAMED, TWINS, BAD = ROOT / "tests/demo/renamed", ROOT / "tests/demo/twins", ROOT / "tests/bad"


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; 0 when done, 2 with a message on standard error when a font is missing."""
    options = _parser().parse_args(arguments)
    try:
        fonts.require_all()
        options.run(options)
    except fonts.MissingFont as missing:
        print(missing, file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.specimens", description=__doc__)
    commands = parser.add_subparsers(required=True)
    drawn = commands.add_parser("set", help="draw an unseen set of photos with ground truth")
    drawn.add_argument("--seed", type=int, required=True)
    drawn.add_argument("--count", type=int, default=24)
    drawn.add_argument("--kind", choices=tuple(presets.KINDS), default="phone")
    drawn.add_argument("--out", type=Path, required=True)
    drawn.add_argument("--loose", action="store_true", help="set otherwise than our layout has it")
    drawn.set_defaults(run=_set)
    dishonest = commands.add_parser("attacks", help="draw copies, screens, edited photos: what is no photo of a card")
    dishonest.add_argument("--seed", type=int, required=True)
    dishonest.add_argument("--count", type=int, default=24)
    dishonest.add_argument("--species", choices=tuple(attacks.SPECIES), nargs="*", default=tuple(attacks.SPECIES))
    dishonest.add_argument("--out", type=Path, required=True)
    dishonest.set_defaults(run=_attacks)
    faulty = commands.add_parser("defects", help="draw photos with one fault of quality each")
    faulty.add_argument("--seed", type=int, required=True)
    faulty.add_argument("--count", type=int, default=24)
    faulty.add_argument("--out", type=Path, required=True)
    faulty.set_defaults(run=_defects)
    cards = commands.add_parser("cast", help="draw the demo's cards from cast.toml")
    cards.add_argument("--rename", action="store_true", help="the same fronts under other names, for a test")
    cards.add_argument("--twins", action="store_true", help="some faces on cards of other people, for a test")
    cards.set_defaults(run=_cast)
    commands.add_parser("bad", help="draw the tests' bad inputs").set_defaults(run=lambda options: bad.write_bad(BAD))
    return parser


def _set(options: argparse.Namespace) -> None:
    faces = sets.faces_of(TABLE, FACES)
    sets.write_set(options.seed, options.count, options.kind, options.out, faces, options.loose)


def _attacks(options: argparse.Namespace) -> None:
    faces = [path for paths in sets.faces_of(TABLE, FACES).values() for path in paths]
    for species in options.species:
        attacks.write_set(options.seed, options.count, species, options.out / species, faces)


def _defects(options: argparse.Namespace) -> None:
    faces = [path for paths in sets.faces_of(TABLE, FACES).values() for path in paths]
    for name in defects.DEFECTS:
        defects.write_set(options.seed, options.count, name, options.out / f"defect_{name}", faces)


def _cast(options: argparse.Namespace) -> None:
    if options.rename:
        wrong = cast.write_renamed(TABLE, FACES, RENAMED)
    elif options.twins:
        wrong = cast.write_twins(TABLE, FACES, TWINS)
    else:
        wrong = cast.write_cards(TABLE, FACES, CARDS)
    if wrong:
        raise SystemExit("\n".join(wrong))


if __name__ == "__main__":
    sys.exit(main())
