"""The audit trail, what may go into it, its check from outside, and the log of who looked at whose data."""
