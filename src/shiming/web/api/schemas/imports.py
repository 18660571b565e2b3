"""Imports: rows as they are given, what became of them, and what people have to decide."""

from typing import Literal

from pydantic import Field

from shiming.web.api.schemas.shape import Next, Shape, Time, VerificationLevel, one_of
from shiming.workflows.imports.columns import KINDS
from shiming.workflows.imports.problems import AGAINST, WRONG

Moment = int | str
ImportKind = one_of("ImportKind", KINDS)
ImportProblemCode = one_of("ImportProblemCode", (*WRONG, *AGAINST))


class ImportRow(Shape):
    """One row; which fields it may have depends on the kind (docs/import.md)."""

    account: str = Field(description="Your id of the account.")
    account_kind: str | None = None
    level: VerificationLevel | None = None
    verified_at: Moment | None = None
    verified_by: str | None = Field(None, description="The old system or source: a handle, no person's name.")
    number: str | None = Field(None, description="The ID number: hashed and sealed at once.")
    number_hash: str | None = Field(None, description="Instead: what `shiming import hash` makes of it.")
    name: str | None = None
    since: Moment | None = None
    by: str | None = None
    id: str | None = Field(None, description="Your id of a hold.")
    reason: str | None = None
    capabilities: list[str] | None = None
    requirements: list[str] | None = None


class NewImportBody(Shape):
    kind: Literal["verified", "bindings", "holds"]
    dry_run: bool = Field(False, description="Judge every row, write nothing.")
    rows: list[ImportRow] = Field(min_length=1, max_length=500)


class ImportProblem(Shape):
    line: int = Field(description="The row's line in its file, or its place in `rows`, from 1.")
    column: str = Field(description="Empty where it is the whole row's fault.")
    code: ImportProblemCode
    text: str = Field(description="What is wrong, and what to do. It never holds what stood in the row.")


class ImportCounts(Shape):
    taken: int
    changed: int = Field(description="Here before, and taken again because they say something else.")
    unchanged: int
    against: int = Field(description="Something stands against them: GET /v1/import_conflicts.")
    wrong: int
    left_out: int


class Import(Shape):
    id: str | None = Field(description="null of a dry run.")
    kind: ImportKind
    state: Literal["rehearsed", "waiting", "running", "done"] = Field(description="waiting: for a second person.")
    counts: ImportCounts
    problems: list[ImportProblem]
    by: str | None = None
    created_at: Time | None = None
    ended_at: Time | None = None


class Imports(Shape):
    items: list[Import]
    next: Next


class ImportConflict(Shape):
    id: str
    kind: ImportKind
    line: int
    account: str | None
    codes: list[ImportProblemCode]
    do: list[str] = Field(description="What people can do about each.")
    places_of: list[str] = Field(description="Accounts that hold the person's places now, by your ids.")
    run: str = Field(description="The import.")


class ImportConflicts(Shape):
    items: list[ImportConflict]
    next: Next
