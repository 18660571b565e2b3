"""Nothing personal lies in the clear: not in databases, WAL, the engine's tables, storage, temp or logs."""

import pytest

from shiming import demo
from shiming.demo import walk
from shiming.demo.cast import by_slug
from shiming.demo.walk import Refused
from tests import leaks

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
    api.post("/events", {"events": [{"id": "e1", "type": "login", **about}, bound]})
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
    with (tmp_path / "log").open("wb") as log, demo.server(tmp_path, log, database_url=database_url) as server:
        live_through_everything(server.api())
        look(tmp_path, database_url)
    look(tmp_path, database_url)


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


def test_erasing_reaches_keys_files_and_rows_and_leaves_the_trail(tmp_path):
    """M39: erasure that is real. What is left opens no more, and says so."""
    with demo.server(tmp_path) as server:
        api = server.api()
        seen = walk.verify(api, by_slug("guoqi"), "guoqi").verification
        path = f"/verifications/{seen['id']}"
        with pytest.raises(Refused, match="wrong_state"):
            api.post(f"{path}/redact")
        api.post(f"{path}/cancel")
        assert api.post(f"{path}/redact")["state"] == "erased"
        assert set(api.get(path)) == {"id", "account", "level", "state", "locale", "created_at", "submitted_at",
                                       "decided_at", "retry_at", "expires_at"}  # fmt: skip
        with pytest.raises(Refused, match="410"):
            api.post(f"{path}/identity", {"name": "张合格", "number": by_slug("hege").number})
    assert not list((tmp_path / "data" / "files").rglob(f"{seen['id']}/*"))
