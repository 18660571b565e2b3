"""What `shiming trigger` tells: for each event a message about things that do not exist."""

from collections.abc import Callable
from typing import Any

Id = Callable[[str], str]
ACCOUNT, HELD, LAPSING = "nobody-of-yours", "login_risk", "document_expiring"
NOTICE = {"zh": "届时需要完成一次实名认证。", "en": "A verification will be asked for then."}


def sample(event: str, new: Id) -> tuple[str, dict[str, Any]]:
    """What a message of this event is about, and its data; `new` makes an id for a prefix."""
    kind, _, what = event.partition(".")
    about, data = _KINDS[kind](what, new)
    return about, data | _MORE.get(event, lambda _: {})(new)


def _verification(what: str, new: Id) -> tuple[str, dict]:
    data: dict[str, Any] = {"verification": new("ver"), "round": 1}
    return data["verification"], data if what == "requested" else {**data, "codes": CODES.get(what, [])}


def _account(what: str, new: Id) -> tuple[str, dict]:
    return new("acc"), {} if what == "policy_notice" else {"account": ACCOUNT}


def _one(field: str, prefix: str) -> Callable[[str, Id], tuple[str, dict]]:
    def made(what: str, new: Id) -> tuple[str, dict]:
        id = new(prefix)
        return id, {field: id}

    return made


def _alarm(what: str, new: Id) -> tuple[str, dict]:
    return new("alarm"), {"alarm": "queue_old", "of": "verify", "seconds": 600, "ready": 3}


CODES = {"needs_input": ["name_number_mismatch"], "rejected": ["identity_not_found"]}
_KINDS = {"verification": _verification, "account": _account, "appeal": _one("verification", "ver"),
          "ticket": _one("ticket", "tkt"), "operations": _alarm, "webhook": _one("endpoint", "hook")}  # fmt: skip
_MORE: dict[str, Callable[[Id], dict]] = {
    "account.held": lambda new: {"hold": new("hld"), "codes": [HELD]},
    "account.hold_lifted": lambda new: {"hold": new("hld")},
    "account.requirement_met": lambda new: {"hold": new("hld"), "met": "pledge"},
    "account.document_expiring": lambda new: {"codes": [LAPSING]},
    "account.policy_notice": lambda new: {"version": new("pol"), "notice": NOTICE},
    "appeal.reminder": lambda new: {"missing": ["error_screenshot"]},
    "appeal.pieces_needed": lambda new: {"missing": ["error_screenshot"]},
    "appeal.upheld": lambda new: {"codes": [], "ground": ""},
    "appeal.turned_down": lambda new: {"codes": ["identity_not_found"], "ground": ""},
}  # fmt: skip
