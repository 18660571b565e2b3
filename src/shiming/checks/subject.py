"""Facts about this person's other accounts. Gathered, computed and told only after the face check has passed."""

from collections.abc import Iterator
from datetime import date

from shiming.policy import Policy
from shiming.verification.finding import Finding
from shiming.verification.seen import Seen


def account_in_good_standing(seen: Seen, policy: Policy, today: date) -> Iterator[Finding]:
    """The account itself is not barred for serious violations."""
    if seen.subject and seen.subject.account_barred:
        yield Finding("account_in_good_standing", "account_barred", "the account is banned")


def not_blocked(seen: Seen, policy: Policy, today: date) -> Iterator[Finding]:
    """No account of this person was banned with the person blocked from coming back."""
    if seen.subject and seen.subject.blocked:
        yield Finding("not_blocked", "subject_blocked", "the person is blocked")


def same_subject(seen: Seen, policy: Policy, today: date) -> Iterator[Finding]:
    """The person is the one to whom the account is already bound, where it is bound at all."""
    if seen.subject and seen.subject.bound_to_other_subject:
        yield Finding("same_subject", "subject_mismatch", "the account is bound to another person")


def place_free(seen: Seen, policy: Policy, today: date) -> Iterator[Finding]:
    """This person may hold one more account of this kind, and one more on the platform."""
    facts = seen.subject
    if facts is None:
        return
    limit = policy.slots(facts.account_kind)
    if facts.places_taken >= limit:
        what = f"{facts.places_taken} of {limit} places taken"
        yield Finding("place_free", "subject_quota_reached", what, facts={"limit": limit})
    elif facts.places_on_platform >= policy.places_on_platform:
        what = f"{facts.places_on_platform} of {policy.places_on_platform} places on the platform taken"
        yield Finding("place_free", "platform_quota_reached", what, facts={"limit": policy.places_on_platform})


def not_taken_over(seen: Seen, policy: Policy, today: date) -> Iterator[Finding]:
    """Nobody seems to have taken over the account before anybody was registered for it; else a person looks."""
    if seen.subject and seen.subject.takeover_suspected:
        yield Finding("not_taken_over", "takeover_suspected", "takeover signals before anybody was registered")
