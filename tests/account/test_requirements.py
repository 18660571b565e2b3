"""What lifts a hold: read, written in one way, met, put in words."""

from datetime import date

import pytest

from shiming.account.requirements import KINDS, WITH_ARGUMENT, met_by_time, normalised, parse
from shiming.account.texts import LOCALES, PLEDGE, PLEDGES, told, words
from shiming.errors import BadInput

EXAMPLES = [WITH_ARGUMENT.get(kind, kind) for kind in KINDS]


@pytest.mark.parametrize("text", EXAMPLES)
@pytest.mark.parametrize("locale", LOCALES)
def test_every_kind_has_words_for_its_holder(text, locale):
    """M31: what it is, and what to do."""
    said = words(text, locale)
    assert said["title"] and said["do"] and "{" not in said["title"] + said["do"]


def test_arguments_are_said_as_people_say_them():
    assert words("serve_until:2026-12-01", "zh")["title"] == "限制期到 2026 年 12 月 1 日"
    assert words("complete_profile:avatar,nickname", "en")["title"] == "Complete your profile: picture, nickname"
    assert words("complete_profile:shoe_size", "zh")["title"] == "补全资料：shoe_size"
    either = words("confirm_phone|review", "en")
    assert ", or a review by our staff" in either["title"] and "Or: There is nothing" in either["do"]


def test_the_pledge_has_a_text_in_both_languages():
    assert all(PLEDGES[PLEDGE][locale] for locale in LOCALES)


@pytest.mark.parametrize(
    ("texts", "same"),
    [
        (["pledge", "pledge"], ["pledge"]),
        (["complete_profile: b , a"], ["complete_profile:a,b"]),
        (["confirm_phone | review"], ["confirm_phone|review"]),
        (["serve_until:20261201"], ["serve_until:2026-12-01"]),
    ],
)
def test_each_is_written_in_one_way(texts, same):
    assert normalised(texts) == same


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("plege", "Did you mean 'pledge'"),
        ("dance", "There are: verify"),
        ("verify:none", "Did you mean 'verify:standard'"),
        ("verify:enhancd", "Did you mean 'verify:enhanced'"),
        ("pledge:now", "takes nothing after it"),
        ("serve_until:2026-13-01", "give a date"),
        ("complete_profile:Nick Name", "small letters"),
        ("confirm_phone|revew", "Did you mean 'review'"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_suggestion(text, said):
    with pytest.raises(BadInput, match=said):
        parse(text)


@pytest.mark.parametrize(
    ("wanted", "given", "met"),
    [
        ("verify:basic", "verify:enhanced", True),
        ("verify:enhanced", "verify:basic", False),
        ("complete_profile:a,b", "complete_profile:a,b,c", True),
        ("complete_profile:a,b", "complete_profile:a", False),
        ("review", "pledge", False),
        ("review", "review", True),
    ],
)
def test_what_meets_what(wanted, given, met):
    assert parse(wanted)[0].met_by(parse(given)[0]) is met


def test_time_meets_a_period_and_nothing_else():
    assert met_by_time("serve_until:2026-12-01", date(2026, 12, 1))
    assert not met_by_time("serve_until:2026-12-01", date(2026, 11, 30))
    assert met_by_time("review|serve_until:2026-12-01", date(2026, 12, 2))
    assert not met_by_time("review", date(2026, 12, 1))


@pytest.mark.parametrize("locale", LOCALES)
def test_what_happens_to_an_account_is_told_in_words(locale):
    """M12: the in-app message."""
    for event in ("held", "requirement_met", "hold_lifted", "normal", "cancelling", "kept", "cancelled", "bound"):
        said = told(f"account.{event}", locale)
        assert said and said["title"] and said["text"]
    assert told("verification.approved", locale) is None
