"""Rules over features, and the plan that judges one event: whose states it touches, which rules speak of it."""

from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from hashlib import sha256
from types import MappingProxyType

from shiming.risk.compiled import conditions
from shiming.risk.events import BLANK, TYPES, Event, Value
from shiming.risk.expressions import Node
from shiming.risk.features import Feature, State, Step, key, stepper

PAIRS = "pairs"
Key = tuple[str, str]
States = MutableMapping[Key, dict[str, State]]


@dataclass(frozen=True, slots=True)
class Hold:
    """What a rule holds back, why, and what lifts it. `{field}` in a requirement is that field of the event."""

    reason: str
    capabilities: tuple[str, ...]
    requirements: tuple[str, ...]

    def plain(self) -> dict:
        """The hold where no event fills it in."""
        return {"reason": self.reason, "capabilities": list(self.capabilities), "requirements": list(self.requirements)}

    def filled(self, event: Event) -> dict:
        """The hold as `store.accounts.open_hold` takes it."""
        given = {name: str(value) for name, value in event.facts.items()}
        requirements = [_dated(requirement.format_map(given), event.at) for requirement in self.requirements]
        reason = self.reason.format_map(given)
        return {"reason": reason, "capabilities": list(self.capabilities), "requirements": requirements}


def _dated(requirement: str, at: int) -> str:
    """`serve_days:7` as the day, in China, seven days after the event."""
    word, _, days = requirement.partition(":")
    if word != "serve_days":
        return requirement
    return f"serve_until:{date.fromordinal((at + 8 * 3_600_000) // 86_400_000 + 719_163 + int(days)).isoformat()}"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the policy's rules. `does`: hold, review or note.

    For `quiet_ms` after its hold was lifted, the rule opens no other: what was answered for is not asked again.
    """

    name: str
    on: tuple[str, ...]
    when: Node
    does: str
    hold: Hold | None = None
    signal: str = ""
    quiet_ms: int = 86_400_000
    says: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that speaks of an event, and the values that it saw."""

    rule: str
    event: str
    at: int
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class _Group:
    """Features of one event type that share their states' key."""

    by: str
    names: tuple[str, ...]
    steps: tuple[Step, ...]
    empty: tuple[Value, ...]


class Plan:
    """Features and rules, made ready. `judge` is the live definition; `sql.py` writes the same as a query."""

    def __init__(self, features: Sequence[Feature], rules: Sequence[Rule]):
        self.features = {feature.name: feature for feature in features}
        self.rules = {rule.name: rule for rule in rules}
        steps = {feature.name: stepper(feature) for feature in features}
        self._groups = {type: tuple(self._grouped(type, steps)) for type in TYPES}
        self._speaking = {type: [r for r in rules if type in r.on] for type in TYPES}
        self._judges = {type: conditions([r.when for r in found]) for type, found in self._speaking.items()}
        self._needed = {rule.name: sorted(rule.when.names()) for rule in rules}

    def _grouped(self, type: str, steps: Mapping[str, Step]) -> Iterator[_Group]:
        needed = self.needed(type)
        for by in sorted({feature.by for feature in self.features.values()}):
            own = [f for f in self.features.values() if f.by == by and (f.name in needed or type in f.on)]
            if own:
                names = tuple(f.name for f in own)
                yield _Group(by, names, tuple(steps[name] for name in names), tuple(f.empty for f in own))

    def needed(self, type: str) -> frozenset[str]:
        """The features that rules on this event type speak of."""
        speaking = [rule for rule in self.rules.values() if type in rule.on]
        return frozenset(name for rule in speaking for name in rule.when.names() if name in self.features)

    @cached_property
    def longest_ms(self) -> int:
        """The longest window, with the bucket that has begun."""
        return max((f.window_ms + 2 * f.bucket_ms for f in self.features.values()), default=0)

    @cached_property
    def signatures(self) -> Mapping[str, frozenset[str]]:
        """For each kind of key, what its state must hold."""
        found: dict[str, set[str]] = {}
        for feature in self.features.values():
            found.setdefault(feature.by, set()).add(feature.signature)
        return {by: frozenset(signatures) for by, signatures in found.items()}

    @cached_property
    def pairs(self) -> str:
        """Names the features by account and something else.

        Kept in an account's state, it says that every pair of the account that has no state has no events either.
        """
        own = sorted(f.signature for f in self.features.values() if f.by.startswith("account+"))
        return sha256("".join(own).encode()).hexdigest()[:12]

    def fresh(self, by: str) -> dict[str, State]:
        """The state of a key without events."""
        empty: dict[str, State] = {signature: [] for signature in self.signatures.get(by, ())}
        return empty | ({PAIRS: self.pairs} if by == "account" else {})

    def fits(self, by: str, state: Mapping[str, State]) -> bool:
        """Whether a kept state is one of this plan's."""
        pairs = by != "account" or state.get(PAIRS) == self.pairs
        return pairs and self.signatures.get(by, frozenset()) <= state.keys()

    def keys(self, event: Event) -> list[Key]:
        """Whose states this event reads or changes; the account's is always among them."""
        found = [("account", event.account)]
        for group in self._groups[event.type]:
            whose = key(group.by, event, event.facts)
            if whose is not None and group.by != "account":
                found.append((group.by, whose))
        return found

    def values(self, event: Event, states: States) -> dict[str, Value]:
        """Take the event into the states; its facts and features, by name."""
        facts = event.facts
        values = {**BLANK, **facts}
        for group in self._groups[event.type]:
            whose = key(group.by, event, facts)
            if whose is None:
                values.update(zip(group.names, group.empty, strict=True))
                continue
            own = states.setdefault((group.by, whose), {})
            for name, step in zip(group.names, group.steps, strict=True):
                values[name] = step(own, event, facts)
        return values

    def judge(self, event: Event, states: States) -> list[Hit]:
        """Take the event into the states, and say which rules speak of it."""
        values = self.values(event, states)
        truths = self._judges[event.type](values)
        if True not in truths:
            return []
        return [
            Hit(rule.name, event.id, event.at, {name: values[name] for name in self._needed[rule.name]})
            for rule, hit in zip(self._speaking[event.type], truths, strict=True)
            if hit
        ]


def merged(plans: Mapping[str, Plan]) -> Plan:
    """One plan that judges by several policy versions at once: rules are named `version/rule`.

    During a rollout accounts of two versions share a device: its states must be kept up for both. A feature that is the
    same in both is kept once; one that has changed is named `name@signature`.
    """
    named: dict[str, Feature] = {}
    rules = []
    for version, plan in plans.items():
        names = {}
        for feature in plan.features.values():
            taken = named.get(feature.name)
            same = taken is None or taken.signature == feature.signature
            names[feature.name] = feature.name if same else f"{feature.name}@{feature.signature}"
            named.setdefault(names[feature.name], replace(feature, name=names[feature.name]))
        for rule in plan.rules.values():
            rules.append(replace(rule, name=f"{version}/{rule.name}", when=_renamed(rule.when, names)))
    return Plan(tuple(named.values()), rules)


def _renamed(node: Node, names: Mapping[str, str]) -> Node:
    if node.op == "name":
        return Node("name", names.get(node.value, node.value))
    return Node(node.op, node.value, tuple(_renamed(arg, names) for arg in node.args))


def replayed(plan: Plan, events: Sequence[Event], told: Callable[[Event], bool]) -> tuple[States, list[Hit]]:
    """Judge a history from nothing, in order of time: the states it leads to, and the hits of the events told of."""
    states: States = {}
    hits: list[Hit] = []
    for event in sorted(events, key=lambda e: e.order):
        found = plan.judge(event, states)
        hits += found if told(event) else []
    return states, hits
