"""docs/reasons.md: the catalogue of reasons as a page for people."""

from shiming.reasons import CATALOGUE, Outcome, Reason, Rendered, Told, rendered

_INTRO = """# Reasons

Whatever does not go through has a row here: what happened, who can fix it, what to do, when to try again and how to
appeal. Codes are stable and only ever added. Each finding of a verification has one; the worst outcome decides
(`wait < ask_again < refer < reject`), and among equal ones the order of this page.

| outcome | meaning |
|---|---|
| `wait` | nothing can be judged yet; the system tries again by itself |
| `ask_again` | the holder hands in the named pieces again |
| `refer` | a person looks at it |
| `reject` | not possible as things stand; an appeal is open |

"""


def reasons() -> str:
    """An overview of all codes, then each with its words in both languages."""
    return _INTRO + _overview() + "\n" + "\n".join(map(_section, CATALOGUE.values()))


def _overview() -> str:
    rows = [("code", "outcome", "fixed by", "redo", "costs an attempt", "again", "appeal"), ("---",) * 7]
    rows += map(_cells, CATALOGUE.values())
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _cells(r: Reason) -> tuple[str, ...]:
    attempt = "yes" if r.counts else "no"
    return f"[`{r.code}`](#{r.code})", _outcome(r.outcome), r.fixed_by, _list(r.redo), attempt, _again(r), r.appeal


def _section(reason: Reason) -> str:
    told = "" if reason.told is Told.EXACT else " What was seen is told to staff only."
    appeal = f"An appeal needs {_list(reason.appeal_needs)}." if reason.appeal_needs else "No appeal is needed."
    return (
        f"## {reason.code}\n\n"
        f"Answers {', '.join(reason.rows)}.{told} {appeal}\n\n"
        f"{_words(rendered(reason.code, 'zh'))}\n{_words(rendered(reason.code, 'en'))}"
    )


def _words(said: Rendered) -> str:
    steps = "".join(f"  {number}. {step}\n" for number, step in enumerate(said.remedy, 1))
    return f"- **{said.title}** {said.explain}\n{steps}\n  {said.next} {said.fixed_by} {said.again}\n"


def _outcome(outcome: Outcome) -> str:
    return outcome.name.lower()


def _again(reason: Reason) -> str:
    return f"{reason.again} ({reason.again_hours} h)" if reason.again_hours else reason.again.value


def _list(values: tuple[str, ...]) -> str:
    return ", ".join(f"`{value}`" for value in values)
