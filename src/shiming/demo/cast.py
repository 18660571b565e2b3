"""The cast: who is in the demo, what is special about each, and what must come out. Read from `cast.toml`."""

import json
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Person:
    """One row of the cast. `typed` and `live` name what is done differently; `*_face` whose face is seen where."""

    slug: str
    name: str
    special: str
    sex: str
    ethnicity: str
    birth: str
    number: str
    valid_from: str
    valid_until: str
    state: str
    code: str | None = None
    typed: str | None = None
    live: str = "turns"
    photo: str | None = None
    card: str = "common"
    live_face: str | None = None
    portrait_face: str | None = None
    authority_face: str | None = None

    def picture(self, side: str) -> bytes:
        """The phone photo of one side of this person's card (JPEG)."""
        return (HERE / "cards" / self.slug / f"{side}.jpg").read_bytes()

    def frames(self) -> "Bank":
        """What the camera can see of the face in front of it: (yaw in degrees, JPEG)."""
        return face_frames(self.live_face or self.slug)

    def authority_photo(self) -> bytes | None:
        """The photo that the authority has on record, if it has one."""
        face = self.authority_face or self.slug
        return None if face == "none" else (HERE / "faces" / face / "authority.jpg").read_bytes()


@cache
def people() -> tuple[Person, ...]:
    """All people of the demo, in their order."""
    rows = tomllib.loads((HERE / "cast.toml").read_text("utf-8"))["person"]
    return tuple(Person(**row) for row in rows)


def by_slug(slug: str) -> Person:
    return next(person for person in people() if person.slug == slug)


class Bank(list):
    """The camera pictures of a rendered face: (yaw in degrees, JPEG); `acts` has those of "blink" and "mouth"."""

    def __init__(self, turned: list[tuple[float, bytes]], acts: dict[str, bytes]):
        super().__init__(turned)
        self.acts = acts


def face_frames(face: str) -> Bank:
    """The bank of camera pictures of a rendered face."""
    folder = HERE / "faces" / face
    rows = json.loads((folder / "live.json").read_text())
    turned = [(row["yaw"], (folder / row["file"]).read_bytes()) for row in rows]
    return Bank(turned, {act: (folder / f"act-{act}.jpg").read_bytes() for act in ("blink", "mouth")})


def write_register(folder: Path, chosen: tuple[Person, ...] | None = None) -> Path:
    """Lay out the photos on record as the simulated authority wants them: `NUMBER.jpg`."""
    folder.mkdir(parents=True, exist_ok=True)
    for person in chosen or people():
        if photo := person.authority_photo():
            (folder / f"{person.number}.jpg").write_bytes(photo)
    return folder
