"""Expressions of the policy: CEL text, checked by Google's checker, kept as a small tree of allowed nodes.

Allowed are && || ! == != < <= > >= + - * / % ?: and `in` over a list of constants; no functions, no macros. A divisor
and one side of a product must be constants, so that an expression can neither fail nor overflow. Nothing of the
operator's is run as code: what is run is built from the tree.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from shiming.errors import BadInput

LONGEST, NODES, PRODUCTS, LARGEST = 1000, 120, 2, 10**9
_NUMERIC = {"_+_", "_-_", "_*_", "_/_", "_%_", "-_"}
_COMPARING = {"_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_"}
ALLOWED = _NUMERIC | _COMPARING | {"_&&_", "_||_", "!_", "_?_:_", "@in"}
_WHERE = re.compile(r"<input>:(\d+):(\d+): (.*)")


@dataclass(frozen=True, slots=True)
class Node:
    """A constant (`op` "const"), a name ("name"), a list ("list") or one of the operators."""

    op: str
    value: Any = None
    args: tuple["Node", ...] = ()

    def walk(self) -> Iterator["Node"]:
        yield self
        for arg in self.args:
            yield from arg.walk()

    def names(self) -> frozenset[str]:
        return frozenset(node.value for node in self.walk() if node.op == "name")


class Wrong(BadInput):
    """An expression that cannot be used; `line` and `column` (from 1) point into its text."""

    def __init__(self, message: str, line: int = 1, column: int = 1):
        super().__init__(message, "policy_wrong")
        self.line, self.column = line, column


def check(text: str, names: Mapping[str, str], others: Mapping[str, str] | None = None) -> Node:
    """The tree of a condition over `names` (name → "int" or "string"). Raises Wrong.

    `others` says of names that exist, but not here, why they do not.
    """
    if len(text) > LONGEST:
        raise Wrong(f"An expression has {LONGEST} characters at most; this one has {len(text)}.")
    from cel_expr_python import cel  # not above: it takes long to load, and most processes check no policy

    try:
        checked = _environment(tuple(sorted(names.items()))).compile(text)
    except RuntimeError as fault:
        raise _explained(str(fault), names, others or {}) from None
    if checked.return_type() != cel.Type.BOOL:
        raise Wrong("The whole expression must be true or false; compare it with something.")
    tree = _node(_message(_message(checked.serialize())[2][0])[4][0])
    _bounded(tree, names)
    return tree


@lru_cache(128)
def _environment(names: tuple[tuple[str, str], ...]) -> Any:
    from cel_expr_python import cel

    kinds = {"int": cel.Type.INT, "string": cel.Type.STRING}
    return cel.NewEnv(variables={name: kinds[kind] for name, kind in names})


def _explained(fault: str, names: Mapping[str, str], others: Mapping[str, str]) -> Wrong:
    found = _WHERE.search(fault)
    if not found:
        return Wrong("The expression is nested too deeply or cannot be read.")
    line, column, said = int(found[1]), int(found[2]), found[3].removesuffix(" [INVALID_ARGUMENT]")
    unknown = re.match(r"undeclared reference to '([^']*)'", said)
    if unknown:
        name = unknown[1]
        if name in others:
            said = f"'{name}' cannot be used here: {others[name]}"
        else:
            close = get_close_matches(name, names, 1)
            said = f"there is no '{name}'" + (f" — did you mean '{close[0]}'?" if close else "")
    elif said.startswith("found no matching overload for"):
        operator, kinds = re.findall(r"'([^']*)'", said)[:2]
        said = f"'{operator.strip('_@')}' does not work on {kinds.strip('()').replace(', ', ' and ')}"
    else:
        said = said.split(" expecting ")[0]
    return Wrong(said, line, column)


def _bounded(tree: Node, names: Mapping[str, str]) -> None:
    nodes = list(tree.walk())
    if len(nodes) > NODES:
        raise Wrong(f"The expression has {len(nodes)} parts; {NODES} are allowed. Make a feature or two rules of it.")
    if sum(node.op == "_*_" for node in nodes) > PRODUCTS:
        raise Wrong(f"At most {PRODUCTS} products in one expression.")
    for node in nodes:
        _allowed(node)
        if node.op == "_+_" and any(_is_text(arg, names) for arg in node.args):
            raise Wrong("Texts cannot be joined.")
        if any(arg.op == "list" and (node.op, at) != ("@in", 1) for at, arg in enumerate(node.args)):
            raise Wrong("A list stands behind `in` only.")


def _is_text(node: Node, names: Mapping[str, str]) -> bool:
    if node.op == "_?_:_":
        return _is_text(node.args[1], names)
    return isinstance(node.value, str) and (node.op == "const" or names[node.value] == "string")


def _allowed(node: Node) -> None:
    if node.op == "const" and isinstance(node.value, int) and abs(node.value) > 10**15:
        raise Wrong(f"{node.value} is too large: 10^15 at most.")
    if node.op == "_*_" and not any(_small(arg) for arg in node.args):
        raise Wrong(f"One side of a product must be a number up to {LARGEST}.")
    if node.op in ("_/_", "_%_") and not (_small(node.args[1]) and node.args[1].value > 0):
        raise Wrong("Divide by a number greater than 0 only.")
    if node.op == "@in" and (node.args[1].op != "list" or any(arg.op != "const" for arg in node.args[1].args)):
        raise Wrong("`in` takes a list of constants, such as kind in ['like', 'follow'].")
    if node.op == "list" or node.op in ALLOWED or node.op in ("const", "name"):
        return
    raise Wrong(f"'{node.op.strip('_@')}' is not among what may be used: && || ! == != < <= > >= + - * / % ?: in.")


def _small(node: Node) -> bool:
    return node.op == "const" and isinstance(node.value, int) and abs(node.value) <= LARGEST


# ── the checker's answer: cel.expr.CheckedExpr, a protocol buffer ────────────────────────────────
# Field numbers of github.com/google/cel-spec, proto/cel/expr/syntax.proto.


def _node(expr: bytes) -> Node:
    message = _message(expr)
    kind = next((number for number in message if number in (3, 4, 5, 6, 7, 8, 9)), 0)
    if kind == 3:
        return _constant(_message(message[3][0]))
    if kind == 4:
        return Node("name", _message(message[4][0])[1][0].decode())
    if kind == 6:
        call = _message(message[6][0])
        if 1 in call:
            raise Wrong("Functions are not among what may be used.")
        return Node(call[2][0].decode(), None, tuple(map(_node, call.get(3, ()))))
    if kind == 7:
        return Node("list", None, tuple(_node(item) for item in _message(message[7][0]).get(1, ())))
    raise Wrong("Only names, numbers, texts, lists and operators may be used.")


def _constant(constant: Mapping[int, list]) -> Node:
    if 2 in constant:
        return Node("const", bool(constant[2][0]))
    if 3 in constant:
        value = constant[3][0]
        return Node("const", value - (1 << 64) if value >> 63 else value)
    if 6 in constant:
        return Node("const", constant[6][0].decode())
    raise Wrong("Use whole numbers and texts only; money is in cents.")


def _message(data: bytes) -> dict[int, list]:
    """The fields of one protocol-buffer message: number → values (ints, or bytes of what is inside)."""
    fields: dict[int, list] = {}
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        if tag & 7 == 0:
            value, at = _varint(data, at)
        elif tag & 7 == 2:
            size, at = _varint(data, at)
            value, at = data[at : at + size], at + size
        elif tag & 7 == 1:
            value, at = data[at : at + 8], at + 8
        else:
            raise Wrong("The expression uses something that is not allowed.")
        fields.setdefault(tag >> 3, []).append(value)
    return fields


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
