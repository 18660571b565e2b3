"""Whether the consent to face data reaches anybody who could compare the face."""

from collections.abc import Iterator
from datetime import date

from shiming.policy import Policy
from shiming.verification.finding import Finding
from shiming.verification.seen import Seen


def recipient_named(seen: Seen, policy: Policy, today: date) -> Iterator[Finding]:
    """The consent to face data names a source that is still there: none that it does not name is sent the face."""
    compared = seen.authority is not None and seen.authority.live is not None
    if seen.recipients_gone and seen.live is not None and not compared:
        yield Finding("recipient_named", "consent_missing", "every source that the consent names is gone")
