"""An installation by commercial cryptography (商用密码): SM4, SM3, SM2 from the start, or moved to and back (issue 20)

Before: AES, SHA-256 and Ed25519 were all there was, whatever the law asks of an operator in China.
"""

import json
import sys
import zipfile
from contextlib import closing, suppress
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import select

from shiming import app
from shiming.__main__ import main
from shiming.commands.doctor import looks
from shiming.errors import Gone
from shiming.settings import Settings
from shiming.startup import files, main_database, open_ring
from shiming.store import tables as kept
from shiming.store.audit import audit_log  # noqa: F401  # its tables
from shiming.store.backup import backup_keys
from shiming.store.crypto.suites import COMMERCIAL, INTERNATIONAL
from shiming.store.meta import metadata
from shiming.workflows.operations import resealing
from tests import blank
from tests.account.application import SHORT, ZHANG, ZHOU
from tests.application import jpeg
from tests.operations.house import flipped, opened, set_environment, walked
from tests.web.test_me import Me

LOGIN = {"account": "zhang", "type": "login", "at": "2026-11-21T04:00:00Z", "ip": "203.0.113.9", "id": "login-1"}


def made(settings: Settings) -> Settings:
    """Its first start, on tables that were worked out once."""
    blank.migrated(settings.place("database_url"))
    app.migrate(settings)
    return settings


def lived(home):
    """Two people are approved and one of them erased; somebody of the staff, a hook, a question, an address."""
    ids = {name: home.verify(name, person, level="basic")["id"] for name, person in (("zhang", ZHANG), ("zhou", ZHOU))}
    files = {name: home.picture(id) for name, id in ids.items()}
    home.post("/events", LOGIN)
    home.post("/accounts/zhang/contact", {"channel": "mail", "address": "zhang@mail.test", "verified": True})
    home.post("/webhook_endpoints", {"url": "https://platform.test/hook"})
    home.post("/tickets", {"account": "zhang", "text": "怎么提现？", "topic": "account"})
    gone = home.post("/tickets", {"account": "zhou", "text": "请删除。", "topic": "privacy"})
    home.context.sealer.erase(gone["id"])  # its message still lies there, and nobody can read it
    home.post(f"/verifications/{ids['zhou']}/redact")
    return ids, files


def everything(settings) -> dict[str, bytes]:
    """What is sealed, in the clear, by where it lies; each value has to open."""
    found = {}
    with main_database(settings) as database, closing(open_ring(settings, database)) as ring, database.read() as asked:
        for column, whose in resealing.VALUES:
            if column.table is kept.rulings:
                continue
            for row in asked.execute(select(column.table).where(column.is_not(None))):
                where = f"{column} {' '.join(str(row._mapping[key]) for key in column.table.primary_key)}"
                with suppress(Gone):
                    found[where] = ring.sealer.open(*whose(row), bytes(row._mapping[column]))
        store = files(settings, ring.sealer)
        found |= {key: store.get(key.partition("/")[0], key) for key in store.keys()}  # noqa: SIM118
    return found


def by(settings, suite) -> set[bool]:
    """Whether what is kept was sealed by this suite: data keys, values, pictures, the newest hashes."""
    with main_database(settings) as database, closing(open_ring(settings, database)) as ring:
        store = files(settings, ring.sealer)
        others = next(each for each in (INTERNATIONAL, COMMERCIAL) if each is not suite)
        left = ring.sealer.wrapped_by(others) or resealing.left(database, ring.sealer)
        return {not left, ring.lookup.suite is suite, *(store.sealed(key)[:1] == suite.value for key in store.keys())}  # noqa: SIM118  # fmt: skip


def said_by_the_doctor(settings):
    (line,) = looks.lines([("crypto", looks._crypto)], settings)
    return line.state, line.text


def run(capsys, *words: str) -> str:
    """A command that must succeed; what it said."""
    assert main(list(words)) == 0
    said = capsys.readouterr()
    return said.out + said.err


@pytest.fixture
def commercial(tmp_path, monkeypatch, capsys):
    """A fresh installation of the commercial suite, with keys for its backups."""
    settings = Settings(data=str(tmp_path / "old"), crypto="commercial", erasures_url=f"file://{tmp_path}/erasures")
    (tmp_path / "safe").mkdir()
    settings = replace(settings, **{f"backup_{kind}_key": f"{tmp_path}/safe/{kind}.pub" for kind in backup_keys.KINDS})
    set_environment(monkeypatch, settings)
    for kind in backup_keys.KINDS:
        run(capsys, "backup", "new-key", kind, f"{tmp_path}/safe/{kind}")
    return made(settings)


def test_a_fresh_installation_walks_its_whole_way(commercial, tmp_path, monkeypatch, capsys):
    """Verified, erased, audited, backed up and restored elsewhere, with nothing of the international suite at rest."""
    with opened(commercial) as home:
        ids, files = lived(home)
        keys, before = home.keys, home.get(f"/verifications/{ids['zhang']}")
    assert by(commercial, COMMERCIAL) == {True}
    assert said_by_the_doctor(commercial)[0] == "ok"
    data, held = (line for line in run(capsys, "backup", "write").splitlines() if line.endswith(".backup"))
    assert json.loads(Path(data).read_bytes().splitlines()[1])["key"] == backup_keys.read_public(
        tmp_path / "safe/data.pub").id  # fmt: skip
    new = replace(commercial, data=str(tmp_path / "new"))
    set_environment(monkeypatch, new)
    safe = ["--data-key", f"{tmp_path}/safe/data", "--keys-key", f"{tmp_path}/safe/keys"]
    broken = tmp_path / "broken.backup"
    broken.write_bytes(flipped(bytearray(Path(data).read_bytes())))
    assert main(["restore", str(broken), held, *safe]) == 1 and "was changed" in capsys.readouterr().err
    run(capsys, "restore", data, held, *safe)
    with opened(new, keys) as home:
        assert home.get(f"/verifications/{ids['zhang']}") == before
        assert home.context.files.get(ids["zhang"], files["zhang"])[:2] == b"\xff\xd8"
        with pytest.raises(Gone):
            home.context.sealer.open(ids["zhou"], "typed", b"")
    assert by(new, COMMERCIAL) == {True}


def test_a_standard_verification_with_its_pictures_from_the_first_call_to_the_erasure(commercial, tmp_path, capsys):
    """Pictures, templates, decision, log, what the holder takes along: all by SM4 and SM2, and gone in the end."""
    with opened(commercial) as home:
        id = walked(home, "zhang", ZHANG)
        assert home.submit(id)["state"] == "approved"
        stored = {key: home.context.files.sealed(key) for key in home.context.files.keys()}  # noqa: SIM118
        assert {key.split("-")[1] for key in stored} == {"clean", "frames", "best"}
        assert {sealed[:1] for sealed in stored.values()} == {COMMERCIAL.value} and by(commercial, COMMERCIAL) == {True}
        home.web = home.http.app
        me = Me(home, home.post("/accounts/zhang/me", {})["url"])
        assert me.comes_in().status_code == 200
        with zipfile.ZipFile(BytesIO(me.get("/export").content)) as taken:
            assert json.loads(taken.read("data.json"))["verifications"][0]["typed"]["number"] == ZHANG.number
            assert taken.read(f"verifications/{id}/face-best.jpg") == jpeg(3)
        home.post(f"/verifications/{id}/redact")
        assert home.state(id) == "erased" and not [*home.context.files.keys()]
        with pytest.raises(Gone):
            home.context.sealer.open(id, "typed", b"")
    trail = tmp_path / "trail.jsonl"
    run(capsys, "audit", "export", str(trail))
    assert "signed by the SM2 key as well" in run(capsys, "audit", "verify", str(trail))
    assert '"verification.erased"' in trail.read_text("utf-8")


def test_its_audit_log_is_signed_by_sm2_and_no_byte_of_it_changes_unseen(commercial, tmp_path, capsys):
    """The auditor has both public keys in one file; without its SM2 line the newest checkpoint is not whole."""
    with opened(commercial) as home:
        lived(home)
    trail = tmp_path / "trail.jsonl"
    run(capsys, "audit", "export", str(trail))
    assert "signed by the SM2 key as well" in run(capsys, "audit", "verify", str(trail))
    lines = trail.read_text("utf-8").splitlines()
    signed = [number for number, line in enumerate(lines) if json.loads(line)["kind"] == "signed"]
    last = max(signed, key=lambda number: int(json.loads(lines[number])["note"].splitlines()[1]))
    note = json.loads(lines[last])["note"]
    text, ed25519, sm2 = note.rpartition("\n\n")[0], *note.rpartition("\n\n")[2].splitlines()
    for wrong, word in (
        (f"{text}\n\n{ed25519}\n", "no checkpoint signed by the SM2 key covers them"),
        (f"{text}\n\n{ed25519}\n{sm2[:-12]}{'A' if sm2[-12] != 'A' else 'B'}{sm2[-11:]}\n", "SM2 signature is wrong"),
        (f"{text}\n\n{sm2}\n", "not signed by this key"),
    ):
        changed = [*lines[:last], json.dumps({"kind": "signed", "note": wrong}), *lines[last + 1 :]]
        (tmp_path / "wrong.jsonl").write_text("\n".join(changed) + "\n", "utf-8")
        assert main(["audit", "verify", str(tmp_path / "wrong.jsonl"), "--key", f"{trail}.pub"]) == 1
        assert word in capsys.readouterr().out
    id = json.loads(next(line for line in lines if '"entry"' in line))["id"]
    run(capsys, "audit", "prove", id, str(tmp_path / "one.tlog-proof"))
    assert id in run(capsys, "audit", "verify", str(tmp_path / "one.tlog-proof"), "--key", f"{trail}.pub")


def test_a_house_moves_to_it_and_back_and_loses_nothing(tmp_path, monkeypatch, capsys):
    """What is sealed opens before, between and after; who was erased stays so; people are found as before."""
    old = made(Settings(data=str(tmp_path / "old")))
    with opened(old) as home:
        ids, _ = lived(home)
        keys = home.keys
    before = everything(old)
    assert len(before) >= 8 and said_by_the_doctor(old) == ("ok", looks.advice.crypto(
        "international", "commercial", looks.advice.Left()).text)  # fmt: skip
    for suite in (COMMERCIAL, INTERNATIONAL):
        settings = replace(old, crypto=suite.name)
        set_environment(monkeypatch, settings)
        state, text = said_by_the_doctor(settings)
        assert state == "do" and all(f"shiming keys {way}" in text for way in ("rotate (", "rotate --lookup", "reseal"))
        assert everything(settings) == before and by(settings, suite) == {False}
        assert f"added ({suite.name})" in run(capsys, "keys", "rotate")
        assert f"added ({suite.name})" in run(capsys, "keys", "rotate", "--lookup")
        assert "pictures: 1 sealed anew" in run(capsys, "keys", "reseal", "--pictures")
        assert "sealed anew" not in run(capsys, "keys", "reseal", "--pictures")
        assert everything(settings) == before and by(settings, suite) == {True}
        assert said_by_the_doctor(settings)[0] == "ok"
        with opened(settings, keys) as home:
            assert home.get(f"/verifications/{ids['zhang']}")["state"] == "approved"
            assert home.state(ids["zhou"]) == "erased"
            with pytest.raises(Gone):
                home.context.sealer.open(ids["zhou"], "typed", b"")
            assert found(home) == ids["zhang"]
        run(capsys, "audit", "export", str(tmp_path / f"{suite.name}.jsonl"))
        run(capsys, "audit", "verify", str(tmp_path / f"{suite.name}.jsonl"))


def found(home) -> str:
    """The verification that a number is found by, whichever key hashed it."""
    with home.context.database.read() as connection:
        hashes = home.context.lookup.candidates("number", ZHANG.number)
        query = select(kept.verifications.c.id).where(kept.verifications.c.number_hash.in_(hashes))
        return connection.scalars(query).one()


def test_what_does_not_open_stays_as_it_is_and_is_named(tmp_path, monkeypatch, capsys):
    """A damaged value must not end the move of all others, nor be lost over it."""
    settings = made(Settings(data=str(tmp_path / "old")))
    with opened(settings) as home:
        home.verify("zhang", ZHANG, level="basic")
        li = home.verify("li", SHORT, level="basic")["id"]
        with home.context.database.write() as connection:
            (sealed,) = connection.execute(select(kept.verifications.c.sealed_typed).where(
                kept.verifications.c.id == li)).one()  # fmt: skip
            connection.execute(kept.verifications.update().where(kept.verifications.c.id == li).values(
                sealed_typed=flipped(bytearray(sealed))))  # fmt: skip
    set_environment(monkeypatch, replace(settings, crypto="commercial"))
    said = run(capsys, "keys", "reseal")
    assert f"1 do not open and stay as they are (damaged, or moved from elsewhere): verifications {li}" in said
    assert "verifications.sealed_typed: 1 sealed anew" in said


def test_pictures_are_not_moved_while_somebody_works(tmp_path, monkeypatch, capsys):
    settings = made(Settings(data=str(tmp_path / "old")))
    with main_database(settings) as database, database.write() as connection:
        alive = {"id": "other", "seen_at": 4_000_000_000_000}
        connection.execute(kept.workers.insert().values(**alive))
    set_environment(monkeypatch, settings)
    assert main(["keys", "reseal", "--pictures"]) == 1 and "Stop every serve, work and gate" in capsys.readouterr().err


def test_every_sealed_column_is_moved():
    """A new one that was forgotten here would stay by the old suite for ever, with nobody the wiser."""
    sealed = {column for table in metadata.tables.values() for column in table.columns if
              column.name.startswith("sealed_")}  # fmt: skip
    assert {column for column, _ in resealing.VALUES} == sealed


def test_a_missing_library_is_said_in_a_line(tmp_path, monkeypatch, capsys):
    blank.migrated(f"sqlite:///{tmp_path}/old/shiming.db")
    set_environment(monkeypatch, Settings(data=str(tmp_path / "old"), crypto="commercial"))
    monkeypatch.setitem(sys.modules, "gmssl_pyx", None)
    assert main(["migrate"]) == 1 and "pip install 'shiming[commercial]'" in capsys.readouterr().err
