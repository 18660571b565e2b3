"""Walks one person through a verification by the public API, as a platform and its holder would."""

import time
from dataclasses import dataclass

import httpx

from shiming.demo import camera
from shiming.demo.cast import Person, by_slug, people
from shiming.verification.challenge import Challenge

POLL, PATIENCE = 0.1, 240.0
ENDED = ("approved", "needs_input", "in_review", "rejected")

BUSY_TRIES = 20  # each after a second or more; what is refused as busy was not begun


class Refused(Exception):
    """The API answered with a problem where none was expected."""


class ApiClient:
    """The public API with one key. A server that is busy is asked again when it says so, as clients should; every other
    answer that is not a success raises Refused with the problem's text.
    """

    def __init__(self, address: str, key: str):
        headers = {"Authorization": f"Bearer {key}"}
        self._http = httpx.Client(base_url=f"{address}/v1", headers=headers, timeout=PATIENCE)

    def get(self, path: str, **params) -> dict:
        return self._ask("GET", path, params=params)

    def post(self, path: str, json: dict | None = None, **more) -> dict:
        return self._ask("POST", path, json=json, **more)

    def _ask(self, method: str, path: str, **more) -> dict:
        for _ in range(BUSY_TRIES):
            answer = self._http.request(method, path, **more)
            if answer.status_code != 503 or answer.json().get("code") != "busy":
                break
            time.sleep(int(answer.headers["retry-after"]))
        if not answer.is_success:
            raise Refused(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text}")
        return answer.json()


@dataclass(frozen=True, slots=True)
class Result:
    """What came out: the last state, every code seen on the way, attempts used, time from submit to decision."""

    person: Person
    verification: dict
    waited_for: str | None
    milliseconds: float

    @property
    def code(self) -> str | None:
        reasons = self.verification["reasons"]
        return reasons[0]["code"] if reasons else None

    @property
    def expected(self) -> bool:
        right = self.verification["state"] == self.person.state and self.code == self.person.code
        down_for_a_while = self.person.name.endswith("稍后")
        return right and (self.waited_for == "authority_unavailable") == down_for_a_while

    @property
    def remedy(self) -> str:
        reasons = self.verification["reasons"]
        return reasons[0]["zh"]["remedy"][0] if reasons and reasons[0]["zh"]["remedy"] else ""


def verify(api: ApiClient, person: Person, account: str, seed: int = 0, kind: str = "personal") -> Result:
    """One verification from its creation to the decision."""
    made = api.post("/verifications", {"account": account, "level": "standard", "kind": kind})
    path = f"/verifications/{made['id']}"
    hand_in(api, path, person, seed)
    api.post(f"{path}/submit")
    return decided(api, path, person)


def hand_in(api: ApiClient, path: str, person: Person, seed: int = 0) -> None:
    """Consent, both sides of the card, name and number, and the live face."""
    hand_in_papers(api, path, person)
    show_face(api, path, person, seed)


def hand_in_papers(api: ApiClient, path: str, person: Person, face: bool = True) -> None:
    """All but the face: consent (`face` is its own half of it), both sides of the card, name and number."""
    api.post(f"{path}/consent", {"face": face})
    for side in ("front", "back"):
        api.post(f"{path}/evidence/card_{side}", files={"picture": (f"{side}.jpg", person.picture(side), "image/jpeg")})
    api.post(f"{path}/identity", {"name": person.name, "number": typed_number(person)})


def show_face(api: ApiClient, path: str, person: Person, seed: int = 0) -> dict:
    """Ask for a challenge, act it out before the simulated camera in real time, hand in the frames."""
    began, asked = time.monotonic(), api.post(f"{path}/challenge", {"light": True})
    frames, times = film(person, challenge_of(asked), seed)
    time.sleep(max(0.0, times[-1] / 1000 - (time.monotonic() - began)))
    parts = [("frames", (f"{n}.jpg", frame, "image/jpeg")) for n, frame in enumerate(frames)]
    data = {"challenge": asked["challenge"], "times_ms": ",".join(map(str, times))}
    return api.post(f"{path}/evidence/face", data=data, files=parts)


def shows_face_again(api: ApiClient, path: str, person: Person, seed: int = 1) -> Result:
    """The one more try that comes before most appeals."""
    show_face(api, path, person, seed)
    api.post(f"{path}/submit")
    return decided(api, path, person)


def challenge_of(asked: dict) -> Challenge:
    """The challenge that an answer of the API asks."""
    return Challenge.of(asked["challenge"], asked["turns"], asked["show_ms"], asked.get("colours", ()))


def film(person: Person, asked: Challenge, seed: int) -> camera.Film:
    """What the camera sees: the person, a photo of the person, or somebody else half way through."""
    if person.live == "flat_photo":
        return camera.flat_photo(person.frames(), asked, seed)
    if person.live == "swap":
        return camera.swapped(person.frames(), by_slug("yihao").frames(), asked, seed)
    return camera.live(person.frames(), asked, seed)


def decided(api: ApiClient, path: str, person: Person) -> Result:
    """Wait for the decision, noting what it waited for."""
    began, waited_for = time.monotonic(), None
    while time.monotonic() - began < PATIENCE:
        seen = api.get(path)
        if seen["state"] in ENDED:
            return Result(person, seen, waited_for, (time.monotonic() - began) * 1000)
        if seen["reasons"]:
            waited_for = seen["reasons"][0]["code"]
        time.sleep(POLL)
    raise Refused(f"{person.name}: no decision within {PATIENCE:.0f} s; the verification is {seen['state']}")


def typed_number(person: Person) -> str:
    """The number as this person types it."""
    if person.typed == "wrong_check_digit":
        return person.number[:-1] + ("1" if person.number[-1] != "1" else "2")
    if person.typed == "other_number":
        return next(p.number for p in people() if p.slug != person.slug)
    return person.number
