"""Mail through any SMTP server: TLS from the start or by STARTTLS, with certificates checked, and time-outs."""

import smtplib
import socket
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import formataddr, formatdate

from shiming.egress import Egress, Forbidden
from shiming.errors import BadInput, Unavailability, Unavailable
from shiming.providers.calling import Caller
from shiming.providers.terms import Secret

SECONDS = 15.0
NO_SECRET = Secret("")


class Smtp:
    """`security`: starttls (the default), tls, or none (a server on this machine only). `call` has the time-outs of a
    file of sources; without one each step may take SECONDS.
    """

    simulated = False

    def __init__(self, host: str, port: int, sender: str, from_name: str = "", user: str = "",
                 password: Secret = NO_SECRET, security: str = "starttls", name: str = "smtp",
                 egress: Egress | None = None, call: Caller | None = None):  # fmt: skip
        if security not in ("starttls", "tls", "none"):
            raise BadInput("SMTP security is starttls, tls or none.")
        if security == "none" and host not in ("127.0.0.1", "::1", "localhost"):
            raise BadInput("Mail leaves this machine encrypted only: set smtp_security to starttls or tls.")
        self.name, self._place, self._security = name, (host, port), security
        self._sender, self._from = sender, formataddr((from_name, sender))
        self._egress = egress or Egress()
        self._user, self._password = user, password
        self._times = (call.connect_seconds, call.read_seconds) if call else (SECONDS, SECONDS)

    def send(self, to: str, subject: str, text: str, headers: Mapping[str, str], key: str) -> str:
        """Send one mail; `key` becomes its Message-ID, so that a second try is seen to be the same mail."""
        message = EmailMessage()
        id = f"<{key.replace(':', '.')}@{self._sender.partition('@')[2]}>"
        about = {"From": self._from, "To": to, "Subject": subject, "Date": formatdate(), "Message-ID": id}
        for name, value in {**about, "Auto-Submitted": "auto-generated", **headers}.items():
            message[name] = value
        message.set_content(text)
        try:
            self._hand_over(message)
        except smtplib.SMTPRecipientsRefused:
            raise BadInput("The mail server does not take mail for this address.", "unknown_address") from None
        except Forbidden as refused:
            said = f"The mail server is inside ({refused.kind}); SHIMING_PRIVATE_HOSTS lists it."
            raise Unavailable(said, kind=Unavailability.MISCONFIGURED) from None
        except smtplib.SMTPAuthenticationError as refused:
            kind = Unavailability.MISCONFIGURED if refused.smtp_code >= 500 else Unavailability.DOWN
            code, said = str(refused.smtp_code), "The mail server refuses user or password."
            raise Unavailable(said, kind=kind, vendor_code=code) from None
        except (smtplib.SMTPException, OSError) as fault:
            raise Unavailable(f"The mail server did not take the mail ({type(fault).__name__}).") from None
        return id

    def _hand_over(self, message: EmailMessage) -> None:
        safe = ssl.create_default_context()
        if self._security == "tls":
            server = _Tls(self._egress, self._times, *self._place, context=safe)
        else:
            server = _Plain(self._egress, self._times, *self._place)
        with server:
            if self._security == "starttls":
                server.starttls(context=safe)
            if self._user:
                server.login(self._user, self._password.reveal())
            server.send_message(message)


class _Plain(smtplib.SMTP):
    """Connects to an address that was checked; TLS names the host all the same. `times`: to connect, and each step."""

    def __init__(self, egress: Egress, times: tuple[float, float], *place: str | int, **options):
        self._egress, self._times = egress, times
        super().__init__(*place, timeout=times[1], **options)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return _connected(self._egress, self._times, host, port)


class _Tls(smtplib.SMTP_SSL):
    """The same with TLS from the start."""

    def __init__(self, egress: Egress, times: tuple[float, float], *place: str | int, **options):
        self._egress, self._times = egress, times
        super().__init__(*place, timeout=times[1], **options)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self.context.wrap_socket(_connected(self._egress, self._times, host, port), server_hostname=host)


def _connected(egress: Egress, times: tuple[float, float], host: str, port: int) -> socket.socket:
    connection = egress.connect(host, port, times[0])
    connection.settimeout(times[1])
    return connection
