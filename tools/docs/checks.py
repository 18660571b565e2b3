"""docs/checks.md: every check, from its docstring."""

from shiming.checks import CHECKS, Stage

WHEN = {
    Stage.ACCOUNT: "The account itself, whoever is behind it",
    Stage.MATERIALS: "What was handed in, by itself",
    Stage.RECORD: "What the authority says of name and number (asked only when the materials are in order)",
    Stage.FACES: "Whose face it is: live face, portrait on the card, authority's photo",
    Stage.SUBJECT: "Facts about this person's other accounts (looked up only after the face has passed)",
}


def checks() -> str:
    """One section per stage, one line per check, in the order in which they are made."""
    about = "A check is a pure function in `src/shiming/checks/`. A stage that asks again, waits or rejects ends it."
    lines = ["# Checks", "", about, "A referral goes on: the person who looks will want everything."]
    for stage, when in WHEN.items():
        lines += ["", f"## {stage.value}. {when}", "", "| check | what it asks |", "|---|---|"]
        lines += [f"| `{c.name}` | {c.judge.__doc__.strip()} |" for c in CHECKS if c.stage is stage]
    return "\n".join(lines) + "\n"
