"""The person behind accounts: whose accounts count, and which slots must stay taken."""

from collections.abc import Iterable

from shiming.account.standing import Hold


def scope(app: str, chosen: str) -> str:
    """Under what a person is known: the app itself, or all apps of the operator on the same side (test or live)."""
    return f"*.{app.rpartition('.')[2]}" if chosen == "operator" else app


def keeps_place(holds: Iterable[Hold], in_appeal: bool) -> str | None:
    """Why an account's slot may not be freed now; None where it may."""
    holds = tuple(holds)
    if any(hold.ban for hold in holds):
        return "A banned account keeps its place: it is free once an appeal is upheld or two people lift the ban."
    if any(hold.keeps_place for hold in holds):
        return "This account has open violation holds; its place can be freed once they are lifted."
    return "An appeal about this account is under way; its place can be freed afterwards." if in_appeal else None


def masked_ref(ref: str) -> str:
    """A platform's own id of an account, so that its holder recognises it and nobody else learns it."""
    return f"{ref[:2]}***{ref[-2:]}" if len(ref) > 6 else f"{ref[:1]}***"
