"""Where notices leave the system: the providers of each channel, in the order in which they are tried."""

from collections.abc import Sequence
from dataclasses import dataclass

from shiming.providers.contracts import Mail, Sms


@dataclass(frozen=True, slots=True)
class Channels:
    """Providers of SMS and mail, and the platform's name as holders know it."""

    sms: Sequence[Sms] = ()
    mail: Sequence[Mail] = ()
    platform: str = "Shiming"

    def of(self, channel: str, test_mode: bool) -> list:
        """The providers of a channel for this side of an app: simulated ones for tests, real ones for people."""
        return [p for p in (self.sms if channel == "sms" else self.mail) if p.simulated == test_mode]


NO_CHANNELS = Channels()
"""No provider of any channel."""
