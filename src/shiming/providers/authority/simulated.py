"""A simulated authority. It answers about names and numbers by what is typed, and about faces by their pixels.

A name that ends in 不符 does not match its number, 查无 is unknown, 挂失 has a card that was reported lost, 不收 a
document that is not known there, 换源 one that only a second source knows. Of the photo on record: 无照 has none,
坏照 a bad one, 存疑 one that tells nothing; 糊脸 brings a picture of no use the first time. Not answered: 超时 ever,
稍后 and 繁忙 (too many at once) the first time, 限额 (a quota) the first time, 欠费 (arrears) and 密钥 (a wrong key)
ever. Every other pair matches. It has the photos of the people in its register, a folder of `NUMBER.jpg`; of nobody
else.
"""

import time
from collections import Counter
from collections.abc import Callable
from operator import mul
from pathlib import Path

from shiming.errors import Unavailability
from shiming.providers.calling import china_midnight
from shiming.providers.contracts import Answer, Embed, Match, Record, Unavailable

ANSWERS: dict[str, Record] = {"不符": "mismatch", "查无": "not_found", "挂失": "void", "不收": "unsupported"}
FACES = {
    "无照": Match(outcome="no_photo"), "坏照": Match(outcome="bad_photo_on_record"), "存疑": Match(outcome="unsure"),
    "不符": Match(outcome="record_mismatch"), "查无": Match(outcome="not_found"), "不收": Match(outcome="unsupported"),
}  # fmt: skip
FIRST_TIME = {"稍后": Unavailability.DOWN, "繁忙": Unavailability.BUSY, "限额": Unavailability.LIMITED}
EVER = {"超时": Unavailability.DOWN, "欠费": Unavailability.UNPAID, "密钥": Unavailability.MISCONFIGURED}
CODES = {"欠费": "UnauthorizedOperation.Arrears", "密钥": "AuthFailure.SignatureFailure", "限额": "-7", "繁忙": "busy"}
FREE = ("not_found", "unsupported", "no_photo", "bad_photo_on_record", "bad_picture", "unsure")
THRESHOLD = 0.43


class Simulated:
    """Speaks the `Authority` contract. `first` marks the one that is down for names ending in 换源; `one_call` one
    whose comparisons judge name and number too; `now` is milliseconds since 1970.
    """

    simulated, title, keeps_days = True, "模拟权威数据源 (simulated)", 0

    def __init__(self, name: str, register: Path | None, embed: Embed, first: bool = True, one_call: bool = False,
                 now: Callable[[], int] = lambda: time.time_ns() // 1_000_000):  # fmt: skip
        self.name = name
        self.first, self.one_call = first, one_call
        self._register = register
        self._embed, self._now = embed, now
        self._known: dict[tuple[str, int], tuple[float, ...] | None] = {}
        self._asked: Counter[str] = Counter()

    def check(self, name: str, number: str) -> Answer[Record]:
        self._answer_or_not(name, number)
        return self._answer(next((answer for ending, answer in ANSWERS.items() if name.endswith(ending)), "match"))

    def compare(self, name: str, number: str, face: bytes) -> Answer[Match]:
        self._answer_or_not(name, number)
        if name.endswith("糊脸") and self._first_time("糊脸", number):
            return self._answer(Match(outcome="bad_picture", why="blurred"))
        told = next((match for ending, match in FACES.items() if name.endswith(ending)), None)
        photo = self._register and self._register / f"{number}.jpg"
        if told or not photo or not photo.exists():
            return self._answer(told or Match(outcome="no_photo"))
        both = self._embed(face), self._of_register(photo)
        return self._answer(Match(-1.0 if None in both else round(sum(map(mul, *both)), 4), THRESHOLD))

    def _answer(self, value: Record | Match) -> Answer:
        said = value.outcome if isinstance(value, Match) else value
        id = f"{self.name}-{self._asked.total()}"
        return Answer(value, request_id=id, charged=said not in FREE, provenance="simulated", code=said)

    def _of_register(self, photo: Path) -> tuple[float, ...] | None:
        """The template of a photo of the register, made once."""
        key = photo.name, photo.stat().st_mtime_ns
        if key not in self._known:
            self._known[key] = self._embed(photo.read_bytes())
        return self._known[key]

    def _first_time(self, ending: str, number: str) -> bool:
        self._asked[f"{ending} {number}"] += 1
        return self._asked[f"{ending} {number}"] == 1

    def _answer_or_not(self, name: str, number: str) -> None:
        self._asked["all"] += 1
        ending = name[-2:]
        kind = EVER.get(ending) or (Unavailability.DOWN if ending == "换源" and self.first else None)
        if ending in FIRST_TIME and self._first_time(ending, number):
            kind = FIRST_TIME[ending]
        if kind is not None:
            until = china_midnight(self._now()) if kind is Unavailability.LIMITED else None
            said = f"{self.name} does not answer (simulated)."
            raise Unavailable(said, kind=kind, until=until, vendor_code=CODES.get(ending, ""))
