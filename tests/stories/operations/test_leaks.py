"""Nothing personal lies in the clear: not in databases, WAL, the engine's tables, storage, temp or logs."""

import json
import re
from pathlib import Path

import httpx
import pytest

from shiming import demo
from shiming.demo import walk
from shiming.demo.cast import by_slug
from shiming.demo.walk import ApiClient, Refused
from tests import leaks
from tests.application import free_port
from tests.quick_face import quick

PEOPLE = ("hege", "mire", "guoqi")
CONTACT = "holder-4711@example.test"
DEVICE, ADDRESS, PHONE = "IMEI-867530912345678", "198.51.100.213", "13900001234"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request):
    return "" if request.param == "sqlite" else request.getfixturevalue("postgres_database")


def secrets() -> dict[str, str | bytes]:
    """What must be found nowhere: every name and number, what was written to support, and the pictures handed in."""
    texts = {f"{p.slug} {what}": getattr(p, what) for p in map(by_slug, PEOPLE) for what in ("name", "number")}
    pictures = {f"{slug} {side}": by_slug(slug).picture(side) for slug in PEOPLE for side in ("front", "back")}
    reported = {"device": DEVICE, "address": ADDRESS, "phone": PHONE}
    return {**texts, **pictures, **reported, "contact": CONTACT}


def live_through_everything(api):
    """Verify, fail, ask for help, ask again with the same key, and hand in bad things."""
    for slug in PEOPLE:
        result = walk.verify(api, by_slug(slug), slug)
    path = f"/verifications/{result.verification['id']}"
    person = by_slug("hege")
    api.post("/tickets", {"account": "guoqi", "topic": "help", "text": f"{person.name} {person.number} {CONTACT}"})
    about = {"account": "guoqi", "device": DEVICE, "ip": ADDRESS, "at": "2025-11-20T08:00:00Z"}
    bound = {"id": "e2", "type": "phone_bind", "phone": PHONE, **about}
    played = {"id": "e3", "type": "play_start", "session": "s-1-refused", **about}
    api.post("/events", {"events": [{"id": "e1", "type": "login", **about}, bound, played]})
    for _ in range(2):
        api.post(f"{path}/identity", {"name": person.name, "number": person.number},
                  headers={"Idempotency-Key": f"k-{person.number}"})  # fmt: skip
    with pytest.raises(Refused):
        api.post(f"{path}/identity", {"name": person.name, "number": person.number, "nmae": person.name})
    with pytest.raises(Refused):
        api.post(
            f"{path}/evidence/card_front", files={"picture": ("x.jpg", person.picture("front")[:9000], "image/jpeg")}
        )


def test_nothing_personal_lies_anywhere_in_the_clear(tmp_path, database_url, monkeypatch):
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setenv("SHIMING_LOG", "json")
    port, tells = free_port(), {"access_log": "all", "database_url": database_url, "vision_workers": "1"}
    tells["metrics_port"] = str(port)
    (tmp_path / "sources.toml").write_text('[games]\nkind = "play"\nadapter = "simulated"\nside = "test"\n', "utf-8")
    tells["sources"] = str(tmp_path / "sources.toml")
    with (tmp_path / "log").open("wb") as log, demo.server(tmp_path, log, **tells) as server, quick(server):
        live_through_everything(server.api())
        figures = [httpx.get(f"http://127.0.0.1:{port + further}/metrics", timeout=60).text for further in (0, 1)]
        (tmp_path / "tmp" / "metrics").write_text("".join(figures), "utf-8")
        assert httpx.get(f"{server.address}/metrics", timeout=60).status_code == 404
        look(tmp_path, database_url)
    look(tmp_path, database_url)
    tell_what_happened(figures, (tmp_path / "log").read_text("utf-8").splitlines())


def tell_what_happened(figures, log):
    """The figures of server and worker, and the log: all of it JSON, each request with an id."""
    assert re.search(r'shiming_decisions_total{by="machine",outcome="pass"} [1-9]', figures[0])
    assert re.search(r'shiming_source_calls_total{question="record",result="answered",\S+ [1-9]', figures[0])
    assert 'shiming_picture_seconds_count{task="card"}' in figures[0] and "shiming_faces_stored" in figures[0]
    assert re.search(r'shiming_plays{app="demo.test",state="(waiting|refused)"} 1.0', figures[0])
    assert 'shiming_part_ready{part="keys"} 1.0' in figures[0] and "shiming_workers_alive 1.0" in figures[0]
    assert "process_cpu_seconds_total" in figures[1] and "shiming_decisions_total" not in figures[1]
    lines = [line for line in map(json.loads, log) if line["logger"] == "shiming.access"]
    assert all(len(line["request_id"]) == 32 for line in lines)
    told = {(line["method"], line["route"]): line for line in lines}
    assert told["POST", "/v1/verifications"]["verification_id"].startswith("ver_")


def look(folder, database_url):
    """First that the search finds a planted copy of everything, then that it finds nothing else."""
    places = [folder / "data", folder / "tmp", folder / "log"]
    plant = folder / "tmp" / "planted"
    plant.write_bytes(b"-".join(v if isinstance(v, bytes) else v.encode() for v in secrets().values()))
    assert {leak.secret for leak in leaks.search(places, secrets())} >= set(secrets())
    plant.unlink()
    found = leaks.search(places, secrets())
    found += leaks.search_postgres(database_url, secrets()) if database_url else []
    assert found == []


def test_erasing_reaches_keys_files_and_rows_and_leaves_the_trail(server):
    """M39: erasure that is real. What is left opens no more, and says so."""
    api = ApiClient(server.address.replace("127.0.0.1", "localhost"), server.key)  # where nobody's face is quick
    seen = walk.verify(api, by_slug("guoqi"), "guoqi-erased").verification
    path = f"/verifications/{seen['id']}"
    files = Path(server.settings.data, "files")
    assert list(files.rglob(f"{seen['id']}/*"))
    with pytest.raises(Refused, match="wrong_state"):
        api.post(f"{path}/redact")
    api.post(f"{path}/cancel")
    assert api.post(f"{path}/redact")["state"] == "erased"
    assert set(api.get(path)) == {"id", "account", "level", "state", "locale", "created_at", "submitted_at",
                                   "decided_at", "retry_at", "expires_at"}  # fmt: skip
    with pytest.raises(Refused, match="410"):
        api.post(f"{path}/identity", {"name": "张合格", "number": by_slug("hege").number})
    assert not list(files.rglob(f"{seen['id']}/*"))
