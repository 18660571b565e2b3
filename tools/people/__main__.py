"""`python -m tools.people …` from the repository root: the developers' tool that renders synthetic persons."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np

from tools.people import cast, clip, origin, picture
from tools.people.person import Person
from tools.people.scene import ID_PHOTO, STUDIO, Expression, Pose, room_light


def main() -> int:
    """Reads the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.people", description=__doc__)
    orders = parser.add_subparsers(dest="order", required=True)
    orders.add_parser("fetch", help="fetch the pinned mesh and targets into .cache/people")
    sheet = orders.add_parser("sheet", help="one overview picture of poses, expressions and light")
    sheet.add_argument("--out", type=Path, default=Path(".cache/people/sheet.png"))
    faces = orders.add_parser("faces", help="render the committed faces of the demo's cast")
    faces.add_argument("slugs", nargs="*", help="only these (default: all)")
    faces.add_argument("--only", choices=["id", "authority", "live"], default="")
    orders.add_parser("check", help="measure the committed faces with the product's detector and recogniser")
    choose = orders.add_parser("choose", help="better the choice of the cast (an hour); then: faces, check")
    choose.add_argument("--learn", type=int, default=150, help="random persons of each sex to learn from")
    choose.add_argument("--rounds", type=int, default=30)
    video = orders.add_parser("video", help="concatenated JPEGs for a browser's fake camera, 640×480, 15 a second")
    video.add_argument("person", help="a slug of the cast, or a seed")
    video.add_argument("--actions", default="left,right,blink,mouth")
    video.add_argument("--out", type=Path, required=True)
    new = orders.add_parser("new", help="persons nobody has seen, from seeds")
    new.add_argument("--seed", type=int, required=True)
    new.add_argument("--count", type=int, default=1)
    new.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args()
    origin.fetch()
    return {
        "fetch": _fetch,
        "sheet": _sheet,
        "faces": _faces,
        "check": _check,
        "choose": _choose,
        "video": _video,
        "new": _new,
    }[chosen.order](chosen)


def _fetch(chosen: argparse.Namespace) -> int:
    print(f"mesh and targets: {origin.READY}")
    return 0


def _sheet(chosen: argparse.Namespace) -> int:
    """Six persons: front, turned, eyes shut, mouth open, smile in side light."""
    lines = []
    for slug in ("hege", "huanyuan", "jiuzhao", "changqi", "mire", "stranger"):
        who, light = cast.person(slug), room_light(cast.person(slug).seed)
        shots = [
            (Pose(), Expression(), STUDIO),
            (Pose(30, 4), Expression(), STUDIO),
            (Pose(), Expression(blink=1), STUDIO),
            (Pose(), Expression(mouth=1), STUDIO),
            (Pose(-12, 0, 5), Expression(smile=1), light),
        ]
        lines.append(np.hstack([picture.render(who, *shot, (300, 380), ID_PHOTO) for shot in shots]))
    cv2.imwrite(str(chosen.out), np.vstack(lines)[:, :, ::-1])
    print(chosen.out)
    return 0


def _faces(chosen: argparse.Namespace) -> int:
    total = 0
    for slug in chosen.slugs or [row[0] for row in cast.rows()]:
        size = cast.write(slug, chosen.only)
        total += size
        print(f"{slug}: {size / 1000:.0f} kB", flush=True)
    print(f"written: {total / 1e6:.2f} MB")
    return 0


def _check(chosen: argparse.Namespace) -> int:
    from tools.people import check

    return 1 if check.run(cast.FACES) else 0


def _choose(chosen: argparse.Namespace) -> int:
    from tools.people import choose

    choose.again(chosen.learn, chosen.rounds)
    return 0


def _video(chosen: argparse.Namespace) -> int:
    who = Person.draw(int(chosen.person)) if chosen.person.isdigit() else cast.person(chosen.person)
    count = clip.write(who, chosen.actions.split(","), chosen.out)
    print(f"{chosen.out}: {count} frames, {chosen.out.stat().st_size / 1e6:.2f} MB")
    return 0


def _new(chosen: argparse.Namespace) -> int:
    for seed in range(chosen.seed, chosen.seed + chosen.count):
        who, folder = Person.draw(seed), chosen.out / str(seed)
        size = cast.write_person(who, folder)
        print(f"{folder}: {who.sex}, {who.age}, {size / 1000:.0f} kB", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
