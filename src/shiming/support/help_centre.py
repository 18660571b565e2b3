"""The help centre's search: which reasons of the catalogue the words speak of that somebody saw or heard.

Chinese is compared by pairs of characters, English by words; rare ones count for more, those of a title or of other
words for the same thing (`heard_as`) the most. No index is kept: the catalogue is small.
"""

import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from math import log
from typing import Any

from shiming.reasons import CATALOGUE, LOCALES, Reason

TOPICS: Mapping[str, Mapping[str, Any]] = tomllib.loads(files("shiming.support").joinpath("topics.toml").read_text())
"""What people ask that is no reason, in the order in which it is browsed."""
MOST = 6
TITLE, BODY = 4.0, 1.0
WHOLE = 3.0
"""How much more it counts that all that was typed stands there in one piece."""
LEAST = 0.5
"""The share of the best answer's score below which an answer is not worth reading."""
_SIGN = re.compile(r"[\u3400-\u9fff]+|[a-z0-9]+")
_ENDING = re.compile(r"(?:ing|ed|es|s)$")
_FACT = re.compile(r"\{\w+\}")
_STOP = frozenset("a an and are be by for i in is it my not of on or so the this to too was with you your".split())


def search(words: str, most: int = MOST) -> tuple[str, ...]:
    """Codes of the reasons that `words` (Chinese, English or both) speak of, best first; empty where none does."""
    asked = tokens(words)
    plain = "".join(_runs(words))
    if not asked:
        return ()
    scored = {code: _score(code, asked, plain) for code in CATALOGUE}
    best = max(scored.values())
    found = [code for code in scored if scored[code] > 0 and scored[code] >= LEAST * best]
    return tuple(sorted(found, key=lambda code: -scored[code])[:most])


def topics(words: str) -> tuple[str, ...]:
    """The topics that these words ask for."""
    plain = " ".join(_runs(words))
    return tuple(name for name, row in TOPICS.items() if any(heard in plain for heard in row["heard_as"]))


def tokens(text: str) -> tuple[str, ...]:
    """What of a text is compared: pairs of Chinese characters (or a lone one), English words without endings."""
    found: list[str] = []
    for run in _runs(text):
        if run[0] > "\u33ff":
            found += [run[at : at + 2] for at in range(len(run) - 1)] or [run]
        elif run not in _STOP:
            found.append(_ENDING.sub("", run) if len(run) > 4 else run)
    return tuple(dict.fromkeys(found))


def _runs(text: str) -> list[str]:
    """Runs of characters of one kind, in one width and case."""
    return _SIGN.findall(unicodedata.normalize("NFKC", _FACT.sub(" ", text)).lower())


def _score(code: str, asked: tuple[str, ...], plain: str) -> float:
    weights, lines = _weights()[code]
    score = sum(weights.get(token, 0.0) * _rarity(token) for token in asked)
    whole = len(plain) > 1 and any(plain in line or (len(line) > 3 and line in plain) for line in lines)
    return score * (WHOLE if whole and score else 1.0)


@cache
def _weights() -> Mapping[str, tuple[Mapping[str, float], tuple[str, ...]]]:
    """Per code: what its words weigh, and its titles and other words for it, each as one run of signs."""
    return {code: _of(reason) for code, reason in CATALOGUE.items()}


def _of(reason: Reason) -> tuple[Mapping[str, float], tuple[str, ...]]:
    texts = [reason.texts[locale] for locale in LOCALES]
    first = [*(text.title for text in texts), *reason.heard_as, reason.code.replace("_", " ")]
    rest = [line for text in texts for line in (text.explain, *text.remedy)]
    weights = dict.fromkeys((token for line in rest for token in tokens(line)), BODY)
    weights |= dict.fromkeys((token for line in first for token in tokens(line)), TITLE)
    return weights, tuple("".join(_runs(line)) for line in first)


@cache
def _known() -> Counter[str]:
    """In how many reasons each token occurs."""
    return Counter(token for weights, _ in _weights().values() for token in weights)


def _rarity(token: str) -> float:
    return log(1 + len(CATALOGUE) / max(1, _known()[token]))
