"""Whether an account may verify at all now: what the account alone says, said before card and face are asked for.

It has ended, it is banned as a whole, or its attempts are used up. Facts about the person's other accounts are told
only after the face check. Asked when a verification is begun or opened, and at each step of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, Row

from shiming.account.standing import Hold, day_of, open_on
from shiming.account.ways_out import WaysOut, ways_out
from shiming.errors import Conflict, ShimingError, TooMany
from shiming.store.account import accounts, holds
from shiming.store.support import appeals as appeal_rows
from shiming.store.verification import verifications
from shiming.workflows.context import Context

HOUR = 3_600_000


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an account may not verify now, or need not: a reason of the catalogue; of spent attempts, also in how many ms
    it may; of an age or hours, the day or time from which it is allowed."""

    code: str
    wait: int = 0
    day: date | None = None

    @property
    def facts(self) -> dict[str, int | date]:
        """What fills the reason's words: the hours to wait, begun ones counted whole; the day."""
        hours = {"hours": -(-self.wait // HOUR)} if self.wait else {}
        return hours | ({"day": self.day, "opens": self.day} if self.day else {})


def refusal(
    context: Context, connection: Connection, account: Row, used: Sequence[int] | None = None
) -> Refusal | None:
    """What the account alone has against verifying now; None: nothing. `used`: when its attempts were, where they were
    read already (loading.attempts)."""
    if ended(context, account):
        return Refusal("account_cancelled")
    if barred(context, connection, account):
        return Refusal("account_barred")
    policy, now = context.policy_for(account), context.now()
    window = policy.attempts_window_hours * HOUR
    if used is None:
        used = verifications.attempt_times(connection, account.id, now - window)
    return (
        Refusal("attempts_exhausted", used[-policy.attempts] + window - now) if len(used) >= policy.attempts else None
    )


def ended(context: Context, account: Row) -> bool:
    """Whether the account is cancelled or erased; in its cooling-off period it is used as usual."""
    return accounts.state(account, context.now()) not in ("active", "cancelling")


def barred(context: Context, connection: Connection, account: Row) -> bool:
    """Whether the whole account is banned."""
    return any(hold.bars for hold in still_open(context, connection, account))


def still_open(context: Context, connection: Connection, account: Row) -> tuple[Hold, ...]:
    """The account's holds that are open today."""
    return open_on(holds.open_holds(connection, account.id), day_of(context.now()))


def ways(context: Context, connection: Connection, account: Row) -> WaysOut:
    """The account's open holds, and what can be done about each now."""
    open_now = still_open(context, connection, account)
    return ways_out(open_now, appeal_rows.under_way(connection, account.id) if open_now else {})


def admit(context: Context, connection: Connection, account: Row) -> None:
    """Raises Conflict or TooMany, saying what can be done, where this account may not verify now."""
    if refused := refusal(context, connection, account):
        raise error(refused)


def error(refused: Refusal) -> ShimingError:
    """The refusal as a platform is told it."""
    if refused.code == "attempts_exhausted":
        return TooMany("All attempts of this account are used for now. Retry-After says when it may be tried again.",
                       -(-refused.wait // 1000), refused.code)  # fmt: skip
    return Conflict(_WHY[refused.code], refused.code)


_WHY = {
    "account_cancelled": "This account is cancelled: nothing can be verified for it any more.",
    "account_barred": "This account is banned and cannot be verified. Only an upheld appeal or two people lift the "
    "ban: lead the holder to my account (POST /v1/accounts/…/me), which says why and takes the appeal.",
}
