"""`shiming mail`: take mail in, from the mail server in front (LMTP or SMTP) or out of a mailbox (IMAP)."""

import argparse
import imaplib
import logging
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aiosmtpd.controller import Controller
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from shiming import children
from shiming.egress import Egress
from shiming.errors import BadInput, Unavailable
from shiming.settings import Settings
from shiming.store import outages
from shiming.workflows.support import mail_intake

Take = Callable[[bytes], str]
IMAP_SECONDS, AT_ONCE = 30, 50

log = logging.getLogger("shiming.mail")


def actions(parser: argparse.ArgumentParser) -> None:
    """Add the actions to the command's parser."""
    each = parser.add_subparsers(required=True, metavar="ACTION")
    each.add_parser("listen", help="take mail from the mail server in front").set_defaults(run=_listen)
    poll = each.add_parser("poll", help="take mail out of a mailbox")
    poll.add_argument("--every", type=int, default=60, help="seconds between looks; 0: look once")
    poll.set_defaults(run=_poll)


class MailHandler:
    """What the mail server in front hands over. The answer comes when the mail is sealed and queued, and not before."""

    def __init__(self, take: Take):
        self._take = take

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        from asyncio import to_thread

        head = f"Return-Path: <{envelope.mail_from or ''}>\r\n".encode()
        state = await to_thread(self._take, head + (envelope.original_content or b""))
        return "552 5.3.4 The mail is too large" if state == "too_large" else "250 2.0.0 Taken"

    async def handle_exception(self, fault: Exception) -> str:
        """The mail server in front keeps the mail and comes again; a 5xx would send an appeal back to its writer."""
        if not outages.met(fault):
            log.error("mail stumbled: %s", type(fault).__name__)
        return "451 4.3.0 Not now; please try again"


class Listener(Controller):
    """A mail server on its own thread: LMTP, or SMTP for servers that speak no LMTP."""

    def __init__(self, take: Take, host: str, port: int, protocol: str = "lmtp"):
        self._kind = LMTP if protocol == "lmtp" else SMTP
        super().__init__(MailHandler(take), hostname=host, port=port)

    def factory(self) -> SMTP:
        return self._kind(self.handler, data_size_limit=mail_intake.LARGEST, ident="shiming")


class _Plain(imaplib.IMAP4):
    """Connects to an address that was checked, which SHIMING_PRIVATE_HOSTS lists where it is inside."""

    def __init__(self, egress: Egress, *place: str | int, **options):
        self._egress = egress
        super().__init__(*place, **options)

    def _create_socket(self, timeout: float) -> socket.socket:
        return self._egress.connect(self.host, self.port, timeout)


class _Tls(imaplib.IMAP4_SSL):
    """The same with TLS from the start, by the host's name."""

    def __init__(self, egress: Egress, *place: str | int, **options):
        self._egress = egress
        super().__init__(*place, **options)

    def _create_socket(self, timeout: float) -> socket.socket:
        raw = self._egress.connect(self.host, self.port, timeout)
        return self.ssl_context.wrap_socket(raw, server_hostname=self.host)


@contextmanager
def mailbox(settings: Settings) -> Iterator[imaplib.IMAP4]:
    """The mailbox, signed in and its folder chosen. Always encrypted, but on this machine."""
    try:
        box = _connected(settings)
        box.login(settings.imap_user, settings.imap_password)
    except (OSError, imaplib.IMAP4.error) as fault:
        raise Unavailable(f"The mailbox at {settings.imap_host}:{settings.imap_port} cannot be opened: {fault}. See "
                          "SHIMING_IMAP_HOST, …_PORT, …_USER and …_PASSWORD.") from None  # fmt: skip
    try:
        box.select(settings.imap_folder)
        yield box
    finally:
        box.logout()


def _connected(settings: Settings) -> imaplib.IMAP4:
    egress, place = Egress.from_settings(settings, "private_hosts"), (settings.imap_host, settings.imap_port)
    if settings.imap_host in ("127.0.0.1", "localhost") and settings.imap_port != 993:
        return _Plain(egress, *place, timeout=IMAP_SECONDS)
    return _Tls(egress, *place, ssl_context=ssl.create_default_context(), timeout=IMAP_SECONDS)


def fetch(box: imaplib.IMAP4, take: Take) -> dict[str, int]:
    """Take mails out of a mailbox; an original leaves it once it is sealed. Too large ones stay, marked as seen."""
    done: dict[str, int] = {}
    _, (found, *_) = box.uid("SEARCH", None, "UNSEEN")
    for uid in (found or b"").split()[:AT_ONCE]:
        state = _one(box, uid.decode(), take)
        done[state] = done.get(state, 0) + 1
    box.expunge()
    return done


def _one(box: imaplib.IMAP4, uid: str, take: Take) -> str:
    _, about = box.uid("FETCH", uid, "(RFC822.SIZE)")
    size = int(b"".join(filter(None, about)).upper().split(b"RFC822.SIZE")[1].split(b")")[0].split()[0])
    if size > mail_intake.LARGEST:
        box.uid("STORE", uid, "+FLAGS", r"(\Seen)")
        return "too_large"
    _, parts = box.uid("FETCH", uid, "(BODY.PEEK[])")
    raw = next((part[1] for part in parts if isinstance(part, tuple)), None)
    if raw is None:
        return "gone"
    state = take(raw)
    box.uid("STORE", uid, "+FLAGS", r"(\Deleted)")
    return state


@contextmanager
def _house() -> Iterator[tuple[Settings, Take]]:
    from shiming import app, connections

    settings = Settings.load()
    app.migrate(settings)
    joined = app.join(settings, connections.of_worker(settings), vision_workers=1)
    try:
        yield settings, lambda raw: mail_intake.receive(joined.context, settings.mail_app, raw)
    finally:
        joined.close()


def _listen(options: argparse.Namespace) -> None:
    stop = children.asked_to_stop()
    with _house() as (settings, take):
        host, _, port = settings.mail_listen.rpartition(":")
        try:
            if not host:
                raise ValueError("the address is missing")
            listener = Listener(take, host, int(port), settings.mail_protocol)
            listener.start()
        except (OSError, OverflowError, ValueError) as fault:
            raise BadInput(f"Cannot take mail in on {settings.mail_listen}: {fault}. Correct SHIMING_MAIL_LISTEN "
                           "(address:port), or stop what listens there.") from None  # fmt: skip
        stop.wait()
        listener.stop()


def _poll(options: argparse.Namespace) -> None:
    with _house() as (settings, take):
        while True:
            try:
                with mailbox(settings) as box:
                    print(fetch(box, take), flush=True)
            except Exception as fault:  # what was not taken is still in the mailbox
                if not options.every or not outages.met(fault):
                    raise
            if not options.every:
                return
            time.sleep(options.every)
