"""A rule of a policy's text put out of use and back: its lines stay where they are, behind a mark."""

import re

from shiming.errors import BadInput
from shiming.risk import document

OFF = "#off "
_HEAD = re.compile(r"\s*\[\s*([A-Za-z0-9_.\- ]{1,200}?)\s*\]")
_OFF_HEAD = re.compile(rf"^{OFF}\s*\[\s*rules\.([a-z][a-z0-9_]{{0,39}})\s*\]", re.MULTILINE)
UNCLEAR = "This rule's lines cannot be told from the rest of the text. Edit the text itself."


def switched_off(text: str) -> list[str]:
    """Names of the rules that stand in a text without being in use."""
    return list(dict.fromkeys(_OFF_HEAD.findall(text)))


def switched(text: str, name: str, on: bool) -> str:
    """The text with this rule in use or not, and nothing else changed. Raises BadInput, and Wrong where the text is not
    understood then.
    """
    lines = text.split("\n")
    marked = [n for n in _of_rule(lines, name) if lines[n].startswith(OFF) == on]
    if not marked:
        raise BadInput(f"There is no rule '{name}' that could be switched {'on' if on else 'off'} in this version.")
    for n in marked:
        lines[n] = lines[n].removeprefix(OFF) if on else OFF + lines[n]
    made = "\n".join(lines)
    before, after = (set(document.read(each).plan.rules) for each in (text, made))
    if after != (before | {name} if on else before - {name}):
        raise BadInput(UNCLEAR)
    return made


def _of_rule(lines: list[str], name: str) -> list[int]:
    """The lines of a rule's table and of those within it, without what stands before the next table."""
    found: list[int] = []
    inside = False
    for n, line in enumerate(lines):
        if head := _HEAD.match(line.removeprefix(OFF)):
            inside = head[1] == f"rules.{name}" or head[1].startswith(f"rules.{name}.")
            found += [n] if inside else []
        elif inside:
            found.append(n)
    while found and not _says(lines[found[-1]]):
        found.pop()
    return found


def _says(line: str) -> bool:
    bare = line.removeprefix(OFF).strip()
    return bool(bare) and not bare.startswith("#")
