"""What the account alone says, before anything that was handed in is looked at."""

from collections.abc import Iterator
from datetime import date

from shiming.policy import Policy
from shiming.verification.finding import Finding
from shiming.verification.seen import Seen


def not_barred(seen: Seen, policy: Policy, today: date) -> Iterator[Finding]:
    """The account is not banned as a whole: at every level, a banned account is told so before anything else."""
    if seen.account and seen.account.barred:
        yield Finding("not_barred", "account_barred", "the account is banned")
