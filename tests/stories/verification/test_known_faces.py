"""One person under two numbers is found by face, with a human in between (M37); erasing takes the face along."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from shiming.demo import walk
from shiming.demo.cast import Person, by_slug

TWINS = Path(__file__).parents[2] / "demo" / "twins"


@dataclass(frozen=True, slots=True)
class Twin(Person):
    """Somebody of the cast with a card of another name and number, which bears their own face."""

    def picture(self, side: str) -> bytes:
        return (TWINS / self.slug / "front.jpg").read_bytes() if side == "front" else by_slug(self.slug).picture(side)


@pytest.fixture
def twin(server):
    """The twin of somebody, whose photo the authority has too."""

    def act(slug: str) -> Twin:
        row = tomllib.loads((TWINS / "twins.toml").read_text("utf-8"))[slug]
        fields = {name: getattr(by_slug(slug), name) for name in Person.__dataclass_fields__}
        made = Twin(**fields | row)
        (Path(server.settings.simulated_register) / f"{made.number}.jpg").write_bytes(made.authority_photo())
        return made

    return act


def outcome(result) -> tuple[str, list[str]]:
    return result.verification["state"], [reason["code"] for reason in result.verification["reasons"]]


def test_a_face_that_is_known_under_another_number_goes_to_a_person(server, api, results, twin):
    """M37, duplicate_person_suspected: 杨长期 comes again as 夏红玲; nobody is refused, nothing is given away."""
    assert results["changqi"].verification["state"] == "approved"
    second = walk.verify(api, twin("changqi"), "twin-of-changqi")
    assert outcome(second) == ("in_review", ["duplicate_person_suspected"])
    told = str(second.verification)
    assert by_slug("changqi").number not in told and "sub_" not in told and "blocked" not in told
    assert not api.get("/accounts/twin-of-changqi/may/live")["allowed"]
    reviewer, verdict = server.api(server.reviewers[0]), {"verdict": "approve"}
    with pytest.raises(walk.Refused, match="four_eyes"):  # twins do exist, but two people have to say so
        reviewer.post(f"/verifications/{second.verification['id']}/verdict", verdict)


def test_a_blocked_person_does_not_come_back_under_a_new_number(results, api, twin):
    """M28, M37: 沈封禁 is blocked; the face is known although the number is not."""
    assert results["fengjin"].verification["state"] == "rejected"
    back = walk.verify(api, twin("fengjin"), "twin-of-fengjin")
    assert outcome(back) == ("in_review", ["duplicate_person_suspected"])


def test_an_erased_face_is_known_to_nobody(results, api, twin):
    """M39: once each verification of theirs is redacted, the same face under another number is a new one."""
    first = results["yan"].verification
    assert first["state"] == "approved"
    newest = walk.verify(api, by_slug("yan"), "yan-as-guest", kind="guest").verification
    assert newest["state"] == "approved"
    for verification in (newest, first):
        api.post(f"/verifications/{verification['id']}/redact")
    assert outcome(walk.verify(api, twin("yan"), "twin-of-yan")) == ("approved", [])
