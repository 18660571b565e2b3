"""How well reviewers decide, in figures."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from shiming.review import quality
from shiming.store.review import quality_counts
from shiming.web.access import context_of
from shiming.web.console.access import Person, may
from shiming.web.console.operations import csv_export

router = APIRouter(prefix="/console/api", tags=["console: figures"])
Reads = Annotated[Person, Depends(may("quality.read"))]
DAY = 86_400_000


@router.get("/quality")
def read(person: Reads, request: Request, days: Annotated[int, Query(ge=1, le=366)] = 30,
         form: csv_export.Form = "json") -> Any:  # fmt: skip
    """Agreement (Cohen's kappa), time per case, overturned on appeal by reason and by decider; the last `days`.

    What each number counts: GET …/measured with `by`, `measures`, `code` or `decider`.
    """
    context = context_of(request)
    since = context.now() - days * DAY
    with context.database.read() as connection:
        measured = quality_counts.measured(connection, person.app, since)
        times = quality_counts.seconds(connection, person.app, since)
        answered = quality_counts.answered_appeals(connection, person.app, since)
    made = {
        "agreement": {kind: asdict(quality.agreement((m.first, m.second) for m in measured if m.measures == kind))
                      for kind in ("blind", "known")},
        "agreement_by_reviewer": {name: {kind: asdict(a) for kind, a in kinds.items()}
                                  for name, kinds in quality.by_reviewer(measured).items()},
        "pace": asdict(quality.pace(sum(times.values(), Counter()))),
        "pace_by_reviewer": {name: asdict(quality.pace(took)) for name, took in sorted(times.items())},
        "overturned_by_reason": _rates((a.codes, a.state == "upheld") for a in answered),
        "upheld_against": dict(Counter(a.wrong for a in answered if a.wrong)),
        "overturned_by_decider": _rates(((a.first_decider,), a.state == "upheld") for a in answered),
    }  # fmt: skip
    return {"days": days, **made} if form == "json" else csv_export.numbers(f"quality-{days}-days", _rows(made))


def _rows(made: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The same as rows: a name and its numbers, whatever lies how deep."""
    return {figure: list(_flat(value, "")) for figure, value in made.items()}


def _flat(value: dict[str, Any], of: str) -> Iterator[dict[str, Any]]:
    numbers = {name: v for name, v in value.items() if not isinstance(v, dict)}
    yield from [{"of": of, **numbers}] if numbers else []
    for name, inner in value.items():
        if isinstance(inner, dict):
            yield from _flat(inner, f"{of} {name}".strip())


def _rates(answers: Any) -> dict[str, dict]:
    return {word: {**asdict(o), "rate": o.rate} for word, o in quality.overturned(answers).items()}
