"""A policy document is understood or refused, with line, column and a suggestion; whatever is typed is bounded."""

import random
import time
from contextlib import suppress
from importlib.resources import files

import pytest

from shiming import policy
from shiming.risk.document import read
from shiming.risk.expressions import Wrong, check
from shiming.store.risk.policies import PRESETS, preset, understood

TEXT = files("shiming.risk").joinpath("policies/default.toml").read_text("utf-8")
NAMES = {"amount": "int", "kind": "string"}
MOST_CPU_SECONDS = 2.0


def test_the_default_document_has_the_default_limits():
    assert understood(preset("default-1"), "default-1").limits == policy.DEFAULT


def test_the_presets_differ_in_the_hand_held_photo_only():
    first, second = (understood(preset(name), name) for name in PRESETS)
    assert second.limits.handheld_at == {"standard", "enhanced"} and first.plan.rules.keys() == second.plan.rules.keys()


@pytest.mark.parametrize(
    ("was", "typed", "at", "said"),
    [
        ('when = "severity >= 4"', 'when = "severty >= 4"', "severty", "did you mean 'severity'"),
        ('when = "severity >= 4"', 'when = "severity >= \'4\'"', ">=", "does not work on int and string"),
        ("spent_24h >= 20000000", "spent_24 >= 20000000", "spent_24 ", "did you mean 'spent_24h'"),
        ('when = "missing > 0"', 'when = "amount > 0"', "amount", "it is not a field of profile_change"),
        ('when = "missing > 0"', "when = '''\n  missing\n  > oops'''", "oops", "there is no 'oops'"),
        ('on = "profile_change"', 'on = "profile_chang"', "on =", "did you mean 'profile_change'"),
        ('reason = "many_devices"', 'reason = "many_device"', "reason =", "did you mean 'many_devices'"),
        ('"verify:enhanced"', '"verify:enhnced"', "requirements =", "did you mean 'enhanced'"),
        ("{missing_fields}", "{mising_fields}", "requirements =", "did you mean 'missing_fields'"),
        ('value = "speed_kmh"', 'value = "speed"', "value =", "did you mean 'speed_kmh'"),
        ("attempts = 5", "atempts = 5", "atempts", "did you mean 'attempts'"),
        ("attempts = 5", 'attempts = "five"', "attempts =", "must be of the kind of its default"),
        ("[rules.many_devices]", "[ruls.many_devices]", "[ruls", "did you mean 'rules'"),
        ('window = "7d"', 'window = "7 days"', "window =", "write 10m"),
    ],
)  # fmt: skip
def test_a_mistake_is_shown_where_it_is_and_what_was_meant(was, typed, at, said):
    assert was in TEXT
    text = TEXT.replace(was, typed, 1)
    with pytest.raises(Wrong) as found:
        read(text)
    assert said in str(found.value)
    line = text.split("\n")[found.value.line - 1]
    assert line[found.value.column - 1 :].startswith(at), (line, found.value.column)


@pytest.mark.parametrize("bad", [
    "size(kind) > 1", "kind.startsWith('a')", "[1, 2].all(x, x > 0)", "amount", "amount / 0 > 1", "amount / amount > 1",
    "amount * amount > 1", "kind + kind == 'aa'", "amount > 1.5", "kind == b'a'", "{'a': 1}['a'] == 1",
    "kind[0] == 'a'",
    "amount in [amount]", "amount in 5", "[1] == [1]", "__import__('os') == 1", "amount ==", "", "dyn(amount) == 1",
    "type(amount) == int", "timestamp('2026-01-01T00:00:00Z') > 1", "9223372036854775807 == amount", "amount > 5u",
])  # fmt: skip
def test_what_is_not_allowed_is_refused(bad):
    with pytest.raises(Wrong):
        check(bad, NAMES)


@pytest.mark.parametrize("bomb", [
    "(" * 450 + "true" + ")" * 450, "!" * 900 + "true", "[" * 400, "-" * 900 + "1 == 1", "1+" * 490 + "1 == 2",
    "a." * 400, "true ? " * 140 + "true", "'" + "x" * 900, "amount > 0 && " * 70 + "true",
    "[1].map(a, [1].map(b, [1].map(c, c))) == [1]",
])  # fmt: skip
def test_bombs_end_quickly(bomb):
    begun = time.process_time()
    with suppress(Wrong):
        check(bomb, NAMES)
    assert time.process_time() - begun < MOST_CPU_SECONDS


def test_damaged_documents_are_refused_and_never_break_us():
    chance = random.Random(5)
    for _ in range(150):
        at = chance.randrange(len(TEXT))
        damage = chance.choice(["", "[", '"', "=", "x", "\n", "{", "9" * 40])
        text = TEXT[:at] + damage + TEXT[at + chance.randrange(4) :]
        try:
            read(text)
        except Wrong as wrong:
            assert 1 <= wrong.line <= text.count("\n") + 2
