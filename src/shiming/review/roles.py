"""Who may do what: the whole of it, as rows. Whoever decides about people sees no settings, and the other way round."""

from collections.abc import Iterable
from types import MappingProxyType

ACTIONS = MappingProxyType(
    {
        "case.work": "take cases from the queue, see them, and decide them",
        "case.reveal": "see a name or number in full, with a reason that is kept",
        "case.senior": "take cases that were escalated, and hand over other people's cases",
        "case.seed": "put cases with a known answer into the queue",
        "ticket.work": "read and answer holders' questions, with what happened to their account, masked",
        "figures.read": "see counts and rates, without people",
        "quality.read": "see how well reviewers agree, and how often they are overturned",
        "looks.read": "see who looked at whom, when and why",
        "erasure.work": "carry out or decline what holders want erased, and erase cancelled accounts",
        "notices.read": "see notices as they are worded, and what became of each",
        "staff.manage": "let people in, change what they may do, and shut them out",
    }
)
"""Everything that staff can be allowed to do."""

ROLES = MappingProxyType(
    {
        "reviewer": frozenset({"case.work", "case.reveal"}),
        "senior_reviewer": frozenset(
            {"case.work", "case.reveal", "case.senior", "case.seed", "figures.read", "quality.read"}
        ),
        "support": frozenset({"ticket.work", "notices.read"}),
        "policy": frozenset({"figures.read", "quality.read", "notices.read"}),
        "privacy": frozenset({"looks.read", "erasure.work", "figures.read"}),
        "admin": frozenset({"staff.manage", "figures.read", "quality.read", "notices.read"}),
    }
)
"""What each role may do. A person with several roles may do what any of them may."""


def allowed(roles: Iterable[str]) -> frozenset[str]:
    """All that a person with these roles may do; a role that is not in the table allows nothing."""
    return frozenset().union(*(ROLES.get(role, frozenset()) for role in roles))


def unknown(roles: Iterable[str]) -> tuple[str, ...]:
    """Those of `roles` that are not in the table."""
    return tuple(role for role in roles if role not in ROLES)
