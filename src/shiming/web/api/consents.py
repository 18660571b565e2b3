"""The holder's decision about face data, as it is handed in: whether, which text was shown, and which recipients."""

from collections.abc import Iterable

from pydantic import Field, StrictBool

from shiming.verification.recipients import Recipient
from shiming.web.http.fields import Strict


class ShownRecipient(Strict):
    """One of the verification's `recipients`, as it was given."""

    source: str = Field(max_length=80)
    name: str = Field(max_length=80)
    purpose: str = Field(max_length=40)
    region: str = Field(max_length=2)
    keeps_days: int | None = None


class Consent(Strict):
    face: StrictBool = Field(description="Whether the holder agrees to face recognition. False: the route without it.")
    text_version: str = Field("1", max_length=40, description="Which consent text the holder was shown.")
    recipients: list[ShownRecipient] | None = Field(None, max_length=50, description="Those of the verification's "
        "`recipients` that the holder was told of, as they were given. Left out: your text names all of them.",
    )  # fmt: skip

    def shown(self) -> list[Recipient] | None:
        return None if self.recipients is None else recipients_of(self.recipients)


def recipients_of(shown: Iterable[ShownRecipient]) -> list[Recipient]:
    return [Recipient(**each.model_dump()) for each in shown]
