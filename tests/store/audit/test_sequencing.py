"""The thread of a worker that keeps the log in order, and the commands of the one who runs it."""

import base64
import json
import threading

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import delete, update

from shiming.__main__ import main
from shiming.store.audit import audit_log
from shiming.store.audit.proof import verify_export
from shiming.store.audit.sequencer import Sequencer
from shiming.store.audit.signed_notes import Verifier, cosign
from shiming.workflows import audit_sequencing
from tests.application import application
from tests.holders import CHEN, in_review
from tests.security.processes.commands import here, until


@pytest.fixture
def home(tmp_path):
    with application(tmp_path) as home:
        yield home


def note(home, object="ver_1"):
    with home.context.database.write() as connection:
        home.context.note(connection, "demo.test", "machine", "verification.expired", object)


def status(home):
    with home.context.database.read() as connection:
        return audit_log.status(connection)


def test_a_worker_orders_what_is_written_and_gives_its_lease_back(home):
    stop = threading.Event()
    worker = threading.Thread(target=audit_sequencing.run, args=(home.context, "one", stop))
    worker.start()
    try:
        note(home)
        until(lambda: status(home).size == 1)
        assert status(home).pending == 0
    finally:
        stop.set()
        worker.join()
    note(home)
    second = Sequencer(home.context.audit_key, "two")
    assert audit_sequencing.turn(home.context, second) == audit_sequencing.MINE
    assert status(home).size == 2
    note(home)
    assert audit_sequencing.turn(home.context, Sequencer(home.context.audit_key, "one")) == audit_sequencing.OTHERS


def test_what_is_not_ours_and_a_changed_log_are_told_to_the_operator(home, caplog):
    sequencer = Sequencer(home.context.audit_key, "one")
    note(home)
    pending = audit_log.audit_pending
    with home.context.database.write() as connection:
        connection.execute(update(pending).values(actor="somebody"))
    audit_sequencing.turn(home.context, sequencer)
    assert "1 rows of the audit trail were not written by this installation" in caplog.text
    note(home)
    audit_sequencing.turn(home.context, sequencer)
    note(home)
    with home.context.database.write() as connection:
        connection.execute(delete(audit_log.metadata.tables["audit_tiles"]))
    assert audit_sequencing._guarded(home.context, sequencer, begin=False) == audit_sequencing.ILL
    assert "The audit log is damaged" in caplog.text and status(home).pending == 1


def test_erasing_somebody_leaves_the_trail_whole(home, tmp_path):
    """It never held who it was; that it happened is one more entry."""
    id = in_review(home)
    home.key("reviewer", "lin").post(f"/v1/verifications/{id}/verdict", json={"verdict": "approve"})
    sequencer = Sequencer(home.context.audit_key, "one")
    audit_sequencing.turn(home.context, sequencer)
    before = status(home).size
    assert home.key().post(f"/v1/verifications/{id}/redact").is_success
    audit_sequencing.turn(home.context, sequencer)
    with home.context.database.read() as connection:
        audit_log.export(connection, tmp_path / "trail.jsonl")
    report = verify_export(tmp_path / "trail.jsonl", home.context.audit_key.public)
    assert report.ok and report.log_signed == status(home).size > before
    text = (tmp_path / "trail.jsonl").read_text("utf-8")
    assert "verification.erased" in text and CHEN.number not in text and CHEN.name not in text


def test_the_commands(tmp_path, monkeypatch, capsys):
    """Prove a row, ask a witness, keep what it signed, and check all of it without the database."""

    def call(*arguments):
        return here(["audit", *map(str, arguments)], tmp_path, monkeypatch, capsys)

    assert call("export", "before.jsonl")[0] == 0
    here(["staff", "add", "lin", "--role", "reviewer"], tmp_path, monkeypatch, capsys)
    code, request = call("request")
    wang = Ed25519PrivateKey.generate()
    witness = Verifier("wang.test", wang.public_key(), 4)
    (tmp_path / "answered").write_text(cosign(request.partition("\n\n")[2], witness.name, wang, 1), "utf-8")
    assert call("cosign", "answered", "--witness", witness.text()) == (0, "Kept: wang.test\n")
    assert call("status")[0] == 0
    assert call("export", "trail.jsonl")[0] == 0
    assert "wang.test has seen the first" in call("verify", "trail.jsonl", "--witness", witness.text())[1]
    lines = map(json.loads, (tmp_path / "trail.jsonl").read_text("utf-8").splitlines())
    id = next(line["id"] for line in lines if line["kind"] == "entry")
    assert call("prove", id, "one.tlog-proof")[0] == 0
    code, said = call("verify", "one.tlog-proof", "--key", "trail.jsonl.pub", "--witness", witness.text())
    assert code == 0 and id in said
    text = (tmp_path / "one.tlog-proof").read_text("utf-8")
    changed = base64.b64encode(b"{}").decode()
    (tmp_path / "one.tlog-proof").write_text(text.replace(text.split("\n")[1], f"extra {changed}"), "utf-8")
    assert call("verify", "one.tlog-proof", "--key", "trail.jsonl.pub")[0] == 1
    assert main(["audit", "prove", "aud_nothing", str(tmp_path / "x")]) == 1
