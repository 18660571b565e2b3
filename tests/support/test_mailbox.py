"""M27: mail out of a mailbox, on a real IMAP server (pymap) of this test's own."""

import imaplib
import subprocess
import sys
import time

import pytest

from shiming.commands.mail import fetch, mailbox
from shiming.settings import Settings
from shiming.workflows.support import mail_intake
from tests.application import free_port

MAIL = b"From: chen@example.test\r\nSubject: hello\r\nMessage-ID: <%d@x>\r\n\r\nbody\r\n"


@pytest.fixture
def settings(tmp_path):
    """A mailbox with three mails in it."""
    port = free_port()
    command = [sys.executable, "-c", "from pymap.main import main; main()", "--host", "127.0.0.1", "--port", str(port),
               "--no-tls", "dict", "--demo-user", "id", "--demo-password", "secret"]  # fmt: skip
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    made = Settings(imap_host="127.0.0.1", imap_port=port, imap_user="id", imap_password="secret",
                    private_hosts="127.0.0.1")  # fmt: skip
    _filled(made)
    yield made
    server.terminate()
    server.wait(120)


def _filled(settings):
    until = time.monotonic() + 240
    while True:
        try:
            box = imaplib.IMAP4(settings.imap_host, settings.imap_port)
            break
        except OSError:
            assert time.monotonic() < until, "the IMAP server did not start"
            time.sleep(0.1)
    box.login("id", "secret")
    for n in range(3):
        box.append("INBOX", "", None, MAIL % n)
    box.logout()


def test_originals_leave_the_mailbox_once_they_are_sealed(settings, home):
    with mailbox(settings) as box:
        assert fetch(box, lambda raw: mail_intake.receive(home.context, "demo.test", raw)) == {"new": 3}
    with mailbox(settings) as box:
        assert box.search(None, "ALL")[1] == [b""]
        assert fetch(box, lambda raw: pytest.fail("nothing is left")) == {}


def test_a_mail_that_cannot_be_sealed_stays_and_a_huge_one_is_passed_over(settings, monkeypatch):
    def broken(raw):
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError), mailbox(settings) as box:
        fetch(box, broken)
    monkeypatch.setattr(mail_intake, "LARGEST", 10)
    with mailbox(settings) as box:
        assert fetch(box, broken) == {"too_large": 3}
        assert len(box.search(None, "ALL")[1][0].split()) == 3
