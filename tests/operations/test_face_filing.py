"""Whoever stores the faces of 100,000 people has to file that: who runs this hears of it in time (M45, issue 20)."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from shiming.__main__ import main
from shiming.commands import report
from shiming.settings import Settings
from shiming.store.database import new_id
from shiming.store.messaging import outbox
from shiming.store.operations import figures
from shiming.store.tables import consents, evidence, face_templates, messages, verifications
from shiming.workflows.operations import face_filing
from tests.application import application


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setattr(face_filing, "STEPS", (3, 4))
    with application(tmp_path) as made:
        with made.context.database.write() as connection:
            outbox.add_endpoint(connection, new_id("whe"), "demo.live", "https://hook.test/", b"", made.context.now())
        yield made


def verified(home, account, number=None, app="demo.live", piece="face"):
    """A verification of which a piece is kept."""
    now, id = home.context.now(), new_id("ver")
    row = {"id": id, "app": app, "account": account, "level": "standard", "locale": "zh", "state": "approved",
           "round": 0, "codes": [], "redo": [], "number_hash": number, "created_at": 1, "expires_at": now}  # fmt: skip
    kept = {"id": new_id("evd"), "app": app, "verification": id, "piece": piece, "round": 0, "files": {}, "at": now}
    with home.context.database.write() as connection:
        connection.execute(insert(verifications).values(**row))
        connection.execute(insert(evidence).values(**kept, sealed_seen=b"", current=True))
    return id


def counted(home):
    with home.context.database.read() as connection:
        return figures.faces(connection, 100)


def told(home):
    with home.context.database.read() as connection:
        rows = connection.scalars(select(messages.c.payload).where(messages.c.event == "operations.alarm"))
        return [(payload["of"], payload["people"]) for payload in rows if payload["alarm"] == "faces_many"]


def test_a_person_is_counted_once_and_only_with_a_face(home):
    """Before: only templates were counted, and pictures of faces are faces, too."""
    verified(home, "acc_1", "hash-1")
    verified(home, "acc_2", "hash-1", piece="handheld")  # the same person, another account
    verified(home, "acc_3", piece="card_front")  # who has not said a number
    verified(home, "acc_4", "hash-4", piece="card_back")
    verified(home, "acc_5", "hash-5", app="demo.test")
    found = verified(home, "acc_6", "hash-6", piece="phone")
    with home.context.database.write() as connection:
        row = {"app": "demo.live", "subject": "sub", "model": "m", "verification": found, "change": 1, "at": 1}
        connection.execute(insert(face_templates).values(**row, number=1, sealed_template=b"x"))
        connection.execute(insert(face_templates).values(**row | {"verification": "ver_gone"}, number=2))
    assert counted(home) == {"demo.live": 3, "demo.test": 1}


def test_each_step_is_told_once_a_month_and_tests_do_not_count(home):
    for n in range(3):
        verified(home, f"acc_{n}", f"hash-{n}")
        verified(home, f"acc_{n}", f"hash-{n}", app="demo.test")
    assert face_filing.look(home.context) == 1
    assert face_filing.look(home.context) == 0 and told(home) == [("3", 3)]
    verified(home, "acc_9", "hash-9")
    for _ in range(40):
        home.moment[0] += timedelta(days=1)
        face_filing.look(home.context)
    assert told(home) == [("3", 3), ("4", 4), ("4", 4)]


def test_the_report_fills_in_what_the_form_asks(home):
    verified(home, "acc_1", "hash-1")
    with home.context.database.write() as connection:
        for given in (True, True, False):
            row = {"id": new_id("con"), "app": "demo.live", "verification": "v", "kind": "face", "given": given}
            connection.execute(insert(consents).values(**row, text_version="3", at=1))
    settings = Settings(data="/nowhere", files_url="s3://pictures", database_url="postgresql+psycopg://u:secret@db.inside/x")
    said = report.written(report.facts(home.context, settings))
    assert "人数：1\n" in said and "  - demo：1" in said and "同意 2 次，不同意或撤回 1 次" in said
    assert "数据库 postgresql db.inside；图片 s3 pictures" in said and "secret" not in said and "{" not in said


def test_it_is_a_command(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SHIMING_DATA", str(tmp_path))
    main(["report", "face-filing"])
    assert "存储人脸信息的人数：0" in capsys.readouterr().out
