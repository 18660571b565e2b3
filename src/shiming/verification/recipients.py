"""To whom a picture of somebody's face goes. A consent names each of them; whom it does not name is sent nothing."""

from dataclasses import dataclass

MAINLAND = "CN"


@dataclass(frozen=True, slots=True)
class Recipient:
    """A source that is given a picture of the face: by which name we ask it, what it is called, what it is given that
    for, in which country or region it is (ISO 3166; "CN" is the mainland), and for how many days it keeps it (0: not at
    all; None: it has not said). Where any of that changes, it is another recipient than the one that was consented to.
    """

    source: str
    name: str
    purpose: str = "compare"
    region: str = MAINLAND
    keeps_days: int | None = None
