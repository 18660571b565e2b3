"""What stands in the pages of docs/: blocks of code, and the commands in them."""

import re
import shlex
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
FENCE = re.compile(r"^[ >]*```(\w*)\n(.*?)^[ >]*```$", re.DOTALL | re.MULTILINE)
PARTING = "|;&<>()\n"
ENVIRONMENT = re.compile(r"^(?:export )?([A-Z_0-9]+)=")


def page(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def blocks(text: str, *languages: str) -> list[str]:
    """The code of a page, in the order of the page; a block's own indentation is taken away."""
    found = (each for each in FENCE.finditer(text) if not languages or each[1] in languages)
    return ["\n".join(line.removeprefix(_indent(each[0])) for line in each[2].split("\n")) for each in found]


def _indent(block: str) -> str:
    return block[: len(block) - len(block.lstrip())]


def inline(text: str) -> list[str]:
    """The code within sentences."""
    paragraphs = (" ".join(each.split()) for each in FENCE.sub("\n\n", text).split("\n\n"))
    return [code.strip() for each in paragraphs for code in re.findall(r"`([^`]+)`", each)]


def commands(script: str) -> list[list[str]]:
    """Every command of a script, parted at pipes and the like, without what it sets for its environment."""
    plain = re.sub(r"<<END\n.*?\nEND$", "", script, flags=re.DOTALL | re.MULTILINE).replace("\\\n", " ")
    word = shlex.shlex(re.sub(r"(?m)(^|\s)#.*$", "", plain), posix=True, punctuation_chars=PARTING)
    word.whitespace, word.whitespace_split, word.commenters = " \t", True, ""
    parts: list[list[str]] = [[]]
    for token in word:
        if set(token) <= set(PARTING):
            parts.append(["", token] if set(token) & set("<>") else [])
        elif parts[-1] or not (token in ("$", "export") or ENVIRONMENT.match(token)):
            parts[-1].append(token)
    return [part for part in parts if part and part[0]]
