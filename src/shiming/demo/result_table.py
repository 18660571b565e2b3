"""The demo's table: who, what was special, outcome, reason, remedy, milliseconds."""

import sys
import unicodedata

from shiming.demo.walk import Result

COLUMNS = ("who", "special", "outcome", "reason", "remedy", "ms")
WIDTHS = (20, 46, 12, 27, 44, 6)


def drawn(results: list[Result]) -> str:
    """The whole table as text, with a last line that says whether all came out as expected."""
    lines = [_line(COLUMNS), "─" * (sum(WIDTHS) + 2 * len(WIDTHS))]
    lines += [
        _line(_cells(result)) + ("" if result.expected else f"  ← expected {_wanted(result)}") for result in results
    ]
    right = sum(result.expected for result in results)
    return "\n".join([*lines, "", f"{right} of {len(results)} outcomes as expected."])


def progress(done: int, of: int, result: Result) -> None:
    """A line that rewrites itself; nothing where nobody looks."""
    if sys.stderr.isatty():
        end = "\n" if done == of else ""
        print(
            f"\r\x1b[K{done}/{of} {result.person.name} {result.verification['state']}",
            end=end,
            file=sys.stderr,
            flush=True,
        )


def _cells(result: Result) -> tuple[str, ...]:
    waited = f"{result.waited_for} →" if result.waited_for else ""
    reason = " ".join(filter(None, (waited, result.code))) or "–"
    ms = f"{result.milliseconds:.0f}"
    return result.person.name, result.person.special, result.verification["state"], reason, result.remedy or "–", ms


def _wanted(result: Result) -> str:
    return f"{result.person.state} {result.person.code or ''}".strip()


def _line(cells: tuple[str, ...]) -> str:
    return "  ".join(_fitted(cell, width) for cell, width in zip(cells, WIDTHS, strict=True))


def _fitted(text: str, width: int) -> str:
    """Cut or padded to `width` columns of a terminal, where Chinese characters take two."""
    if _columns(text) > width:
        while _columns(text) > width - 1:
            text = text[:-1]
        text += "…"
    return text + " " * (width - _columns(text))


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
