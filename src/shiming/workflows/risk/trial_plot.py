"""A trial as a picture: holds by day under both policies, and by rule with what people said of those accounts."""

import io
from collections.abc import Mapping
from typing import Any

NOW, THEN, UPHELD, OVERTURNED, UNKNOWN = "#8a94a6", "#2463c9", "#2e8b57", "#c8442e", "#c9d2e0"


def trial(result: Mapping[str, Any]) -> bytes:
    """The PNG of a trial's result."""
    from matplotlib.figure import Figure  # not above: it takes a second to load

    rules = sorted(result["by_rule"], key=lambda row: row["accounts"])[-14:]
    figure = Figure(figsize=(11, 4 + 0.22 * len(rules)), dpi=110, layout="constrained")
    days, named = figure.subplots(1, 2, width_ratios=(1.1, 1))
    held = result["held"]
    figure.suptitle(
        f"{result['version']} against {result['against']}: {held['new']} accounts newly held, "
        f"{held['no_longer']} no longer, {held['both']} as before", x=0.01, ha="left",
    )  # fmt: skip
    _days(days, result["by_day"])
    _rules(named, rules)
    png = io.BytesIO()
    figure.savefig(png, format="png")
    return png.getvalue()


def _days(axes: Any, rows: list[Mapping[str, Any]]) -> None:
    names = [row["day"][5:] for row in rows]
    axes.step(range(len(rows)), [row["now"] for row in rows], where="mid", color=NOW, label="in force", linewidth=1.8)
    axes.step(range(len(rows)), [row["then"] for row in rows], where="mid", color=THEN, label="tried", linewidth=1.8)
    ticks = range(0, len(rows), max(1, len(rows) // 8))
    axes.set_xticks(list(ticks), [names[n] for n in ticks])
    axes.set(title="Accounts held, by day", ylabel="accounts")
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.25)
    axes.legend(frameon=False)


def _rules(axes: Any, rows: list[Mapping[str, Any]]) -> None:
    names, left = [row["rule"] for row in rows], [0] * len(rows)
    for word, colour in (("upheld", UPHELD), ("overturned", OVERTURNED), ("unknown", UNKNOWN)):
        widths = [row[word] for row in rows]
        axes.barh(names, widths, left=left, color=colour, label=word)
        left = [a + b for a, b in zip(left, widths, strict=True)]
    for n, row in enumerate(rows):
        axes.annotate(f" {row['accounts']} (+{row['new']})", (left[n], n), va="center", fontsize=8)
    axes.margins(x=0.2)
    axes.set(title="Accounts by rule (+ not held now)", xlabel="accounts")
    axes.legend(frameon=False, loc="lower right")
