"""SPDX licence expressions: which of the licences in one stand in the way."""

import re
from collections.abc import Collection, Iterator

TOKEN = re.compile(r"\(|\)|[^\s()]+")


class BadExpression(ValueError):
    """Not an SPDX licence expression."""


def refused(expression: str, allowed: Collection[str]) -> frozenset[str]:
    """The licences that make an expression unacceptable; empty when it is allowed. `A OR B` needs one, `A AND B` both.

    `allowed` holds SPDX names, and `name WITH exception` as one name. Raises BadExpression.
    """
    tokens = TOKEN.findall(expression) or [""]
    position = iter([*tokens, ""])
    reader = _Reader(position, allowed)
    result = reader.either()
    if reader.token:
        raise BadExpression(f"{expression!r}: {reader.token!r} is in the way")
    return result


class _Reader:
    """Reads one expression from left to right; `token` is the next one, empty at the end."""

    def __init__(self, tokens: Iterator[str], allowed: Collection[str]) -> None:
        self.tokens, self.allowed = tokens, allowed
        self.token = next(tokens)

    def _take(self) -> str:
        taken, self.token = self.token, next(self.tokens, "")
        return taken

    def either(self) -> frozenset[str]:
        choices = [self.both()]
        while self.token.upper() == "OR":
            self._take()
            choices.append(self.both())
        return min(choices, key=len)

    def both(self) -> frozenset[str]:
        result = self.one()
        while self.token.upper() == "AND":
            self._take()
            result |= self.one()
        return result

    def one(self) -> frozenset[str]:
        name = self._take()
        if name == "(":
            result = self.either()
            if self._take() != ")":
                raise BadExpression("a bracket is not closed")
            return result
        if name in ("", ")") or name.upper() in ("AND", "OR", "WITH"):
            raise BadExpression(f"a licence is missing before {name!r}")
        if self.token.upper() == "WITH":
            self._take()
            name = f"{name} WITH {self._take()}"
        return frozenset() if name in self.allowed else frozenset([name])
