"""Every reason of the catalogue is reached through the door, or named with why none reaches it (issue 18).

Before, results were told of the eighteen that a browser test knew, and of the rest by changing a row.
"""

from contextlib import ExitStack
from html import escape

import pytest

from shiming import reasons
from shiming.reasons import CATALOGUE
from tests.reasons import entry, holds, persons, pictures, sources
from tests.reasons.catalogue import REACHED, UNREACHED
from tests.reasons.door import opened, told

WAYS = (entry, pictures, sources, persons, holds)
ENDED = ("needs_input", "in_review", "rejected")


@pytest.fixture(scope="module")
def doors(tmp_path_factory):
    """A door for each kind of installation that stories need; stories of one kind share it."""
    with ExitStack() as kept:
        made = {}

        def door(installation):
            key = repr(sorted(installation.items()))
            if key not in made:
                made[key] = kept.enter_context(opened(tmp_path_factory.mktemp("door") / "data", **installation))
            return made[key]

        yield door


def test_each_is_reached_or_named():
    """A new reason needs a story here. What none reaches says why: there is none such at present."""
    assert REACHED.keys() | UNREACHED.keys() == CATALOGUE.keys() and not REACHED.keys() & UNREACHED.keys()
    assert all(story.act.__doc__ for story in REACHED.values()) and all(UNREACHED.values())


SLOW = {"policy_change"}  # a policy is tried on history, with its picture; tests/risk/test_policy_life.py goes that way
CODES = [pytest.param(code, marks=[pytest.mark.long] * (code in SLOW)) for code in REACHED]


@pytest.mark.parametrize("code", CODES)
def test_it_is_reached(doors, code):
    """As a platform, a holder and staff would: by what is typed, shown and reported."""
    story = REACHED[code]
    door = doors(story.installation)
    said = story.act(door, code)
    if isinstance(said, str):
        titles = [escape(reasons.rendered(code, language).title) for language in reasons.LOCALES]
        assert any(title in said for title in titles), said
        return
    assert code in (said if isinstance(said, set) else told(said)), said
    if isinstance(said, dict) and said.get("state") in ENDED:
        _its_page_has_every_control(door, said)


def _its_page_has_every_control(door, said: dict) -> None:
    """Without script, too: each step of what to do, with the controls that the page with script has."""
    browser, page = entry.without_script(door, said["id"])
    for each in said["reasons"]:
        assert all(escape(step) in page for step in each["zh"]["remedy"]), (each["code"], page)
    for steps in browser.get(f"/v/{said['id']}/state").json()["controls"]:
        for control in (control for step in steps for control in step):
            assert entry.PRESSED.get(control, f"?piece={control}") in page, (control, page)
