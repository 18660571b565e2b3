"""What a bench found: tables of rates with their intervals, curves, and how they are printed, kept and drawn."""

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import sqrt
from pathlib import Path
from typing import Any

from shiming import __version__

Z95 = 1.959964


@dataclass(frozen=True, slots=True)
class Rate:
    """`hits` of `of` trials. The interval is Wilson's, 95 % (E. B. Wilson 1927)."""

    hits: int
    of: int

    @property
    def share(self) -> float:
        return self.hits / self.of if self.of else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        if not self.of:
            return 0.0, 1.0
        n, p = self.of, self.hits / self.of
        middle, spread = p + Z95**2 / (2 * n), Z95 * sqrt(p * (1 - p) / n + Z95**2 / (4 * n * n))
        return max(0.0, (middle - spread) / (1 + Z95**2 / n)), min(1.0, (middle + spread) / (1 + Z95**2 / n))

    def __str__(self) -> str:
        low, high = self.interval
        return f"{100 * self.share:.1f} ({100 * low:.1f}–{100 * high:.1f})" if self.of else "–"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under heads. A cell is a Rate, a number or a text."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Any]]

    def lines(self) -> list[str]:
        """The table as Markdown."""
        body = [[_cell(c) for c in row] for row in self.rows]
        rule = ["---"] * len(self.heads)
        return [f"**{self.title}**", "", *("| " + " | ".join(row) + " |" for row in (list(self.heads), rule, *body))]


@dataclass(frozen=True, slots=True)
class Curve:
    """One line of a plot: `points` are (x, y)."""

    label: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Plot:
    """One drawing. `log` names the logarithmic axes: any of "x", "y"."""

    name: str
    title: str
    x: str
    y: str
    curves: Sequence[Curve]
    log: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that one run found. `data` says what it was measured on: folder name, counts, seed, digest."""

    bench: str
    data: Mapping[str, Any]
    tables: Sequence[Table]
    figures: Mapping[str, Any] = field(default_factory=dict)
    plots: Sequence[Plot] = ()

    def text(self) -> str:
        return "\n\n".join("\n".join(table.lines()) for table in self.tables)

    def write(self, folder: Path) -> Path:
        """Write BENCH.json and one PNG for each plot into `folder`; the path of the JSON."""
        folder.mkdir(parents=True, exist_ok=True)
        about = {"shiming": __version__, "python": platform.python_version(), "machine": platform.machine()}
        kept = {"bench": self.bench, "about": about, "data": self.data, "figures": self.figures,
                "tables": [_plain(table) for table in self.tables]}  # fmt: skip
        path = folder / f"{self.bench}.json"
        path.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", "utf-8")
        for plot in self.plots:
            draw(plot, folder / f"{self.bench}-{plot.name}.png")
        return path


def draw(plot: Plot, path: Path) -> None:
    """Draw one plot as PNG."""
    from matplotlib.figure import Figure  # not above: it takes a second to load, and most runs draw nothing

    figure = Figure(figsize=(7, 4.5), dpi=110, layout="constrained")
    axes = figure.add_subplot(title=plot.title, xlabel=plot.x, ylabel=plot.y)
    for curve in plot.curves:
        axes.plot(*zip(*curve.points, strict=True), label=curve.label, linewidth=1.6)
    axes.set_xscale("log" if "x" in plot.log else "linear")
    axes.set_yscale("log" if "y" in plot.log else "linear")
    axes.grid(alpha=0.3)
    if len(plot.curves) > 1:
        axes.legend(frameon=False)
    figure.savefig(path)


def _cell(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _plain(table: Table) -> dict:
    rows = [[_rate(c) if isinstance(c, Rate) else c for c in row] for row in table.rows]
    return asdict(table) | {"rows": rows}


def _rate(rate: Rate) -> dict:
    low, high = rate.interval
    return {"hits": rate.hits, "of": rate.of, "share": rate.share, "low": low, "high": high}
