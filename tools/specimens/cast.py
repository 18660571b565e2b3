"""The committed cards of the demo: one front and one back per person of cast.toml, as mild phone photos."""

import json
import tomllib
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from random import Random

from . import card, holders, photo, portrait, words
from .camera import Pose
from .holders import Holder
from .shot import Glare, Shot

SIZE, MAX_BYTES = (1280, 960), 110_000
AUTHORITY = "虚构市公安局样例分局"
TWINS = ("changqi", "fengjin", "yan")  # whose face a test puts on a second card
MARKERS = ("不符", "查无", "超时", "稍后", "换源", "无照")  # what the simulated authority looks for in a name

# What `photo` in cast.toml asks for; each must hide what it says from any reader (checked when drawn).
_OVER_NUMBER = (Glare(44.0, 48.4, 15.0, 2.9, -3.0, 2.4), Glare(65.0, 47.8, 16.0, 3.2, 4.0, 2.4))
_BLURRED = 1.1  # mm of defocus on the card


@dataclass(frozen=True, slots=True)
class Member:
    """One person of the cast, as far as the card goes. `flaw` is "glare", "blur" or None; `face` a folder of faces/."""

    slug: str
    holder: Holder
    face: str
    flaw: str | None


def members(table: Path) -> list[Member]:
    """The people of a cast.toml. KeyError when a row lacks a key that a card needs."""
    return [_member(row) for row in tomllib.loads(table.read_text("utf-8"))["person"]]


def _member(row: dict) -> Member:
    rng = Random(f"holder/{row['slug']}")
    second = None
    address = holders.address_in(rng, "虚构市", rng.choice(words.DISTRICTS))
    authority = AUTHORITY
    if row.get("card") == "uyghur":
        _, address, authority, second = holders.draw_uyghur(rng, row["sex"])
        second["name"] = holders.in_uyghur(row["name"])
    kept = {key: row[key] for key in ("name", "sex", "ethnicity", "birth", "number", "valid_from", "valid_until")}
    holder = Holder(**kept, address=address, authority=authority, second=second)
    return Member(row["slug"], holder, row.get("portrait_face", row["slug"]), row.get("photo"))


def renamed(member: Member) -> Member:
    """The same person under another plain name without any of MARKERS; everything else on the card stays."""
    rng = Random(f"name/{member.slug}")
    holder = member.holder
    while True:
        if holder.second:
            name, _, _, second = holders.draw_uyghur(rng, holder.sex)
            second = holder.second | {"name": second["name"]}
        else:
            name, second = holders.draw_name(rng, holder.sex, rare_share=0), None
        if name != holder.name and not any(marker in name for marker in MARKERS):
            return replace(member, holder=replace(holder, name=name, second=second))


def front(member: Member, faces: Path) -> photo.Photo:
    """The photo of the front. FileNotFoundError when faces/<face>/id.jpg is missing."""
    rng = Random(f"front/{member.slug}")
    face = portrait.from_file(faces / member.face / "id.jpg")
    shot, mark = _mild(rng), "under_portrait"
    if member.flaw == "glare":  # the mark stays where the light does not wash it out
        shot, mark = replace(shot, glares=_OVER_NUMBER), "top"
    elif member.flaw == "blur":
        shot = replace(shot, defocus=_BLURRED)
    return photo.take(card.draw_front(member.holder, face, rng, mark), shot, rng.randrange(2**32), MAX_BYTES)


def back(member: Member) -> photo.Photo:
    """The photo of the other side; never flawed."""
    rng = Random(f"back/{member.slug}")
    return photo.take(card.draw_back(member.holder, rng), _mild(rng), rng.randrange(2**32), MAX_BYTES)


def write_cards(table: Path, faces: Path, out: Path) -> list[str]:
    """Writes <slug>/front.jpg, back.jpg and truth.json into `out`; returns what is not as the cast asks."""
    wrong = []
    for member in members(table):
        folder = out / member.slug
        folder.mkdir(parents=True, exist_ok=True)
        sides = {"front": front(member, faces), "back": back(member)}
        for side, taken in sides.items():
            (folder / f"{side}.jpg").write_bytes(taken.jpeg)
            wrong += _faults(member, side, taken)
        truth = {side: taken.truth for side, taken in sides.items()} | {"face": fingerprint(member, faces)}
        (folder / "truth.json").write_text(json.dumps(truth, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return wrong


def fingerprint(member: Member, faces: Path) -> str:
    """The sha256 of the face picture that is printed, so that a test can tell when cards are older than faces."""
    return sha256((faces / member.face / "id.jpg").read_bytes()).hexdigest()


def write_renamed(table: Path, faces: Path, out: Path) -> list[str]:
    """Writes <slug>/front.jpg of the same people with other names into `out`, and names.toml; returns faults."""
    names, wrong = [], []
    for member in map(renamed, members(table)):
        taken = front(member, faces)
        wrong += _faults(member, "front", taken)
        (out / member.slug).mkdir(parents=True, exist_ok=True)
        (out / member.slug / "front.jpg").write_bytes(taken.jpeg)
        names.append(f'{member.slug} = "{member.holder.name}"\n')
    head = "# The names on these fronts; the faces, numbers and photos are the demo's.\n"
    (out / "names.toml").write_text(head + "".join(names), "utf-8")
    return wrong


def twin(member: Member) -> Member:
    """The same face on a card of somebody else: another name, and the number of another place."""
    other = renamed(member)
    number = holders.id_number(Random(f"twin/{member.slug}"), member.holder.birth, member.holder.sex)
    return replace(other, holder=replace(other.holder, number=number))


def write_twins(table: Path, faces: Path, out: Path) -> list[str]:
    """Writes <slug>/front.jpg of twins of some of the cast into `out`, and twins.toml; returns faults."""
    rows, wrong = [], []
    for member in (twin(member) for member in members(table) if member.slug in TWINS):
        taken = front(member, faces)
        wrong += _faults(member, "front", taken)
        (out / member.slug).mkdir(parents=True, exist_ok=True)
        (out / member.slug / "front.jpg").write_bytes(taken.jpeg)
        rows.append(f'[{member.slug}]\nname = "{member.holder.name}"\nnumber = "{member.holder.number}"\n')
    (out / "twins.toml").write_text("# Cards of other people with the demo's faces.\n" + "".join(rows), "utf-8")
    return wrong


def _mild(rng: Random) -> Shot:
    pose = Pose(rng.uniform(0.8, 0.9), rng.gauss(0, 2.5), rng.uniform(-9, 9), rng.uniform(-9, 9))
    return Shot(
        size=SIZE,
        desk=rng.choice(("wood", "desk", "cloth", "paper")),
        pose=pose,
        light=rng.uniform(0.9, 1.02),
        slope=rng.uniform(0.05, 0.25),
        slope_turn=rng.uniform(0, 360),
        cast=(1 + (warm := rng.uniform(-0.03, 0.03)), 1.0, 1 - warm),
        defocus=rng.uniform(0, 0.03),
        noise=rng.uniform(0.6, 1.2),
        jpeg=82,
    )


def _faults(member: Member, side: str, taken: photo.Photo) -> list[str]:
    """What a reader could or could not see although the cast says otherwise."""
    seen = {name for name, reading in taken.truth["fields"].items() if reading["readable"]}
    wanted = set(taken.truth["fields"])
    if side == "front" and member.flaw == "blur":
        wanted = set()
    elif side == "front" and member.flaw == "glare":
        wanted.discard("number")
    return [f"{member.slug} {side}: {name} readable is not {name in wanted}" for name in sorted(seen ^ wanted)]
