"""What a policy document says of capabilities is understood, or refused with its place."""

import pytest

from shiming.account.capabilities import Need
from shiming.risk.document import read
from shiming.risk.expressions import Wrong


def _needs(row: str) -> Need:
    return read(f'name = "x"\n[capabilities]\nlive = {row}\n').limits.capabilities["live"]


def test_a_level_or_a_table():
    assert _needs('"basic"') == Need("basic")
    whole = '{ level = "standard", within_days = 90, min_age = 16, guardian_until = 18 }'
    assert _needs(whole) == Need("standard", 90, 16, 18)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ('{ level = "basic", min_age = 17 }', "live.min_age: must be one of 8, 14, 16, 18"),
        ('{ level = "basic", guardian_until = 21 }', "live.guardian_until: must be one of"),
        ('{ level = "basic", min_age = true }', "live.min_age: must be a whole number"),
        ('{ level = "none", min_age = 18 }', "live.level: an age is known of verified holders only"),
        ('{ level = "basic", min_age = 16, guardian_until = 16 }', "live.guardian_until: must be later than min_age"),
        ('{ level = "basic", minage = 16 }', "did you mean 'min_age'"),
    ],
)
def test_an_age_that_nobody_could_mean_is_refused(row, said):
    with pytest.raises(Wrong, match=said) as found:
        _needs(row)
    assert found.value.line == 3
