"""Who may do what: the whole of it, as rows. Whoever decides about people sees no settings, and the other way round."""

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that staff can be allowed to do. `people`: it shows or changes what holders are.

    `weighty`: nobody is allowed it by one admin alone, which holds for everything with people.
    """

    about: str
    people: bool = False
    weighty: bool = False


ACTIONS = MappingProxyType(
    {
        "case.work": Action("take cases from the queue, see them, and decide them", people=True),
        "case.reveal": Action("see a name or number in full, with a reason that is kept", people=True),
        "case.senior": Action("take cases that were escalated, and hand over other people's cases", people=True),
        "case.seed": Action("put cases with a known answer into the queue", people=True),
        "case.replay": Action(
            "make a decision again from what was kept, and see what it was made of, masked", people=True
        ),
        "ticket.work": Action(
            "read and answer holders' questions, with what happened to their account, masked", people=True
        ),
        "account.read": Action("find accounts, and see all that happened to one, masked", people=True),
        "account.ask": Action("ask a holder to verify, which sends them a notice", people=True),
        "figures.read": Action("see counts and rates, without people"),
        "quality.read": Action("see how well reviewers agree, and how often they are overturned"),
        "looks.read": Action("see who looked at whom, when and why", people=True),
        "erasure.work": Action(
            "carry out or decline what holders want erased, and erase cancelled accounts", people=True
        ),
        "notices.read": Action("see notices as they are worded, and what became of each"),
        "brand.set": Action("set the name, colours and logo that holders see"),
        "policy.read": Action("read policies, and what trying one on history came to, without people"),
        "policy.draft": Action("draft a policy, try it on history, and propose it to somebody who may publish"),
        "policy.publish": Action("approve, pause, resume and roll back a policy", weighty=True),
        "operations.read": Action("see webhooks, API keys, client apps, queues and settings in force, without secrets"),
        "operations.change": Action("change webhooks, API keys and client apps", weighty=True),
        "audit.read": Action("read, check and take away the audit trail", weighty=True),
        "staff.manage": Action("let people in, change what they may do, and shut them out", weighty=True),
    }
)
"""Everything that staff can be allowed to do."""

REVIEWER = frozenset({"account.read", "account.ask", "case.work", "case.reveal"})
POLICY = frozenset({"figures.read", "quality.read", "notices.read", "policy.read", "policy.draft"})
ROLES = MappingProxyType(
    {
        "reviewer": REVIEWER,
        "senior_reviewer": REVIEWER | {"case.senior", "case.seed", "case.replay", "figures.read", "quality.read"},
        "support": frozenset({"account.read", "account.ask", "ticket.work", "notices.read"}),
        "policy": POLICY | {"brand.set"},
        "senior_policy": POLICY | {"brand.set", "policy.publish"},
        "privacy": frozenset(
            {"account.read", "case.replay", "looks.read", "erasure.work", "figures.read", "audit.read"}
        ),
        "admin": frozenset(
            {
                "staff.manage",
                "brand.set",
                "figures.read",
                "quality.read",
                "notices.read",
                "policy.read",
                "operations.read",
                "operations.change",
                "audit.read",
            }
        ),
    }
)
"""What each role may do. A person with several roles may do what any of them may."""


def allowed(roles: Iterable[str]) -> frozenset[str]:
    """All that a person with these roles may do; a role that is not in the table allows nothing."""
    return frozenset().union(*(ROLES.get(role, frozenset()) for role in roles))


def unknown(roles: Iterable[str]) -> tuple[str, ...]:
    """Those of `roles` that are not in the table."""
    return tuple(role for role in roles if role not in ROLES)


def take_two(roles: Iterable[str]) -> bool:
    """Whether giving one of these roles takes a second person: whoever has it reads people, or lets others in."""
    return any(ACTIONS[action].people or ACTIONS[action].weighty for action in allowed(roles))


def on_side(given: Iterable[str], side: str) -> tuple[str, ...]:
    """What roles of the form `role` (everywhere) and `role@demo.live` (on that side of an app) come to on one side."""
    parted = (each.partition("@") for each in given)
    return tuple(sorted({role for role, _, where in parted if where in ("", side)}))
