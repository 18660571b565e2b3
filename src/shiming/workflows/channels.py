"""Where notices leave the system: the providers of each channel, in the order in which they are tried."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from shiming.providers.contracts import Mail, Sms
from shiming.providers.terms import TermsOf, serving


@dataclass(frozen=True, slots=True)
class Channels:
    """Providers of SMS and mail, and the platform's name as holders know it."""

    sms: Sequence[Sms] = ()
    mail: Sequence[Mail] = ()
    platform: str = "Shiming"
    terms: TermsOf = field(default_factory=dict)

    def of(self, channel: str, test_mode: bool) -> list:
        """The providers of a channel for this side of an app, in the order in which they are tried."""
        return serving(self.terms, channel, self.sms if channel == "sms" else self.mail, test_mode)


NO_CHANNELS = Channels()
"""No provider of any channel."""
