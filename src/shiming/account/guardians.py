"""A guardian's consent: its states, what it can be asked for, who may give it. The time is an argument."""

from shiming.errors import BadInput
from shiming.machine import Machine

MACHINE = Machine(
    "guardian's consent",
    (
        ("invited", "hand_in", "in_review"),
        ("invited", "decline", "declined"),
        ("invited", "expire", "expired"),
        ("in_review", "accept", "given"),
        ("in_review", "refuse", "refused"),
        ("in_review", "decline", "declined"),
        ("refused", "again", "invited"),
        ("refused", "decline", "declined"),
        ("given", "withdraw", "withdrawn"),
    ),
)
"""`refused`: a person could not see from the papers that this is the child's guardian; better papers may be sent."""

LIVING = ("invited", "in_review", "refused", "given")
KIND = "guardian_of_minor"
"""Kind of the account under which a guardian verifies: ours alone, and it takes nobody's place."""
NOT_A_KIND = "is the kind of guardians' own accounts, which are opened by an invitation only"
"""Said to whoever names KIND: by the API, in an event, in a file."""
VERIFICATION = "verification"
"""What a consent is asked for: this (a child under UNDER is verified), or the names of capabilities."""
UNDER, ADULT = 14, 18
RELATIONS = ("father", "mother", "grandparent", "other")
TEXT = "1"
DAY = 86_400_000
LINK_DAYS, INVITED_DAYS, PRESENT_MS = 3, 30, 3 * DAY
"""How long a link is good, how long an invitation waits, and for how long after the face check somebody is present."""


def ref(id: str) -> str:
    """What the account of a guardian is called."""
    return f"guardian:{id}"


def check(relation: str, text_version: str) -> None:
    """Raises BadInput unless the relation is one that can be declared and the text the one that is in use."""
    if relation not in RELATIONS:
        raise BadInput(f"relation must be one of {', '.join(RELATIONS)}.")
    if text_version != TEXT:
        raise BadInput(f"The text of the consent is version {TEXT}: show it, and name it as text_version.")
