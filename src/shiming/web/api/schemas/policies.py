"""Policy versions, and what became of trying one on history."""

from typing import Literal

from pydantic import Field

from shiming.risk import waves
from shiming.web.api.schemas.shape import Scalar, Shape, Time, one_of

PolicyState = one_of("PolicyState", ("draft", "proposed", "published", "rolled_back"))
Moment = int | str
"""Milliseconds since 1970, or ISO 8601 with its zone."""


class NewWave(Shape):
    """From `at` on the version is in force for `share` percent of accounts, or for these kinds."""

    at: Moment = Field(0, description="ISO 8601 with its zone, or milliseconds since 1970; now if not given.",
                       examples=["2026-12-01T00:00:00+08:00"])  # fmt: skip
    share: int = Field(0, ge=0, le=100)
    kinds: list[str] = Field([], description="Kinds of accounts.")
    notice_at: Moment | None = Field(None, description="From when on holders are told whom it will ask to verify.")


class NewWaves(Shape):
    """The last wave has to cover everybody."""

    waves: list[NewWave] = Field(min_length=1, max_length=waves.MOST_WAVES)


class Wave(Shape):
    at: Time
    share: int
    kinds: list[str]
    notice_at: Time | None


class PolicyVersion(Shape):
    version: str
    state: PolicyState
    waves: list[Wave]
    written_by: str
    tried_by: str | None
    proposed_by: str | None
    approved_by: str | None
    ended_by: str | None
    created_at: Time
    tried_at: Time | None
    approved_at: Time | None
    ended_at: Time | None


class PolicyText(Shape):
    """A version with its text. One that ships with the product has nothing else."""

    version: str
    state: Literal["shipped"] | PolicyState
    text: str
    waves: list[Wave] = []
    written_by: str | None = None
    tried_by: str | None = None
    proposed_by: str | None = None
    approved_by: str | None = None
    ended_by: str | None = None
    created_at: Time | None = None
    tried_at: Time | None = None
    approved_at: Time | None = None
    ended_at: Time | None = None


class RolledBack(PolicyText):
    """A version that was ended."""

    holds_lifted: int = Field(description="Holds that only this version asked for.")


class Policies(Shape):
    in_force: str
    shipped: list[str]
    items: list[PolicyVersion]


class CheckedPolicy(Shape):
    """What was understood."""

    name: str
    features: list[str]
    rules: list[str]


class AskedTrial(Shape):
    id: str
    state: Literal["waiting"]
    version: str


class Said(Shape):
    """How many of these accounts people have spoken about, and how."""

    upheld: int
    overturned: int
    unknown: int


class SaidBySide(Shape):
    new: Said
    no_longer: Said
    both: Said


class HeldBySide(Shape):
    new: int
    no_longer: int
    both: int
    said: SaidBySide


class TrialRule(Said):
    """What one rule would do."""

    rule: str
    hits: int
    accounts: int
    new: int


class TrialKind(Shape):
    kind: str
    now: int
    then: int
    new: int


class TrialDay(Shape):
    day: str = Field(examples=["2026-11-22"])
    now: int
    then: int


class TrialCost(Shape):
    authority_calls: int
    reviews: int
    cents: int


class TrialExample(Shape):
    account: str
    rule: str
    event: str
    at: Time
    values: dict[str, Scalar | list[Scalar]]


class TrialResult(Shape):
    """Who would be held that is not now, and the reverse; `cents` by the prices of the policy."""

    version: str
    against: str
    since: Time
    until: Time
    events: int
    held: HeldBySide
    by_rule: list[TrialRule]
    by_class: list[TrialKind]
    by_day: list[TrialDay]
    expected: TrialCost
    examples: list[TrialExample]
    asked_to_verify: int = Field(description="Accounts that the version itself would ask to verify, whatever they did.")


class Trial(Shape):
    id: str
    version: str
    state: Literal["waiting", "running", "done"]
    percent: int
    result: TrialResult | None
    since: Time
    ended_at: Time | None
