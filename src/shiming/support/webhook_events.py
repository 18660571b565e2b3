"""The names of all events that webhooks tell of. Their payloads are in web/api/schemas/messages.py."""

TEST = "webhook.test"
EVENTS = (
    "verification.approved", "verification.needs_input", "verification.in_review", "verification.rejected",
    "verification.waiting", "verification.expired",
    "account.held", "account.requirement_met", "account.hold_lifted", "account.normal", "account.cancelling",
    "account.cancelled", "account.kept", "account.bound", "account.unbound", "account.document_expiring",
    "account.policy_notice", "account.age_band_changed", "account.guardian_answered", "verification.requested",
    "appeal.handed_in", "appeal.pieces_needed", "appeal.reminder", "appeal.upheld", "appeal.turned_down",
    "appeal.expired", "appeal.withdrawn", "ticket.opened", "ticket.answered",
    "operations.alarm", TEST,
)  # fmt: skip
"""Only ever added to: receivers go by them."""
