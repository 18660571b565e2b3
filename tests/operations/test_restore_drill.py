"""The drill: a machine is lost, and the installation is restored elsewhere from its backups (issue 16).

What was decided before the backup stands, what was in work goes on, and whoever was erased, before the backup or after
it, is erased before anything serves.
"""

import itertools
from dataclasses import replace

import pytest

from shiming import app
from shiming.__main__ import main
from shiming.errors import Gone
from shiming.settings import Settings
from shiming.store.backup.database_load import CannotRestore
from shiming.workflows.privacy import erasure_replay
from tests import holders
from tests import throwaway_postgres as postgres
from tests.account.application import SHORT, ZHANG, ZHOU, Person
from tests.operations.house import opened, set_environment, with_keys

WEI, QIAN = Person("卫在办", "170213199103140219"), Person("钱等候", holders.number(77))
_numbers = itertools.count(1)


@pytest.fixture
def machine(request, tmp_path):
    """Makes the settings of a machine of its own: its databases and folders; the list of the erased lies outside."""
    made = []

    def new(name: str) -> Settings:
        settings = Settings(data=f"{tmp_path}/{name}", erasures_url=f"file://{tmp_path}/erasures")
        if getattr(request, "param", "sqlite") == "postgresql":
            server = request.getfixturevalue("postgres_server")
            names = [f"drill_{next(_numbers)}" for _ in range(2)]
            for each in names:
                postgres.order(server, f'CREATE DATABASE "{each}" TEMPLATE template0')
            made.extend((server, each) for each in names)
            urls = [postgres.url(server, each) for each in names]
            settings = replace(settings, database_url=urls[0], keys_url=urls[1])
        return with_keys(settings, tmp_path / "safe")

    yield new
    for server, name in made:
        postgres.order(server, f'DROP DATABASE "{name}" WITH (FORCE)')


def lived(home):
    """Five people: approved; approved and erased; approved, to be erased later; two still being checked."""
    ids = {name: home.verify(name, person, level="basic")["id"] for name, person in
           (("zhang", ZHANG), ("zhou", ZHOU), ("li", SHORT))}  # fmt: skip
    for name, person in (("wei", WEI), ("qian", QIAN)):
        ids[name] = home.post("/verifications", {"account": name, "level": "basic"})["id"]
        home.hand_in(ids[name], person, "basic")
        home.post(f"/verifications/{ids[name]}/submit")
    files = {name: home.picture(id) for name, id in ids.items()}
    home.post(f"/verifications/{ids['zhou']}/redact")
    home.post("/accounts/zhang/holds", {"reason": "profile_incomplete"})
    return ids, files


def written(monkeypatch, settings, capsys) -> list[str]:
    """The paths that `shiming backup write` prints: data, keys."""
    set_environment(monkeypatch, settings)
    assert main(["backup", "write"]) == 0
    said = capsys.readouterr()
    assert "read back to the end; 3 of 3 files of a sample opened" in said.err
    return said.out.split()


def restore(monkeypatch, settings, artefacts, safe, *options) -> int:
    set_environment(monkeypatch, settings)
    keys = ["--data-key", f"{safe}/data", "--keys-key", f"{safe}/keys"]
    return main(["restore", *map(str, artefacts), *keys, *options])


@pytest.mark.parametrize("machine", ["sqlite", "postgresql"], indirect=True)
def test_a_machine_is_lost_and_restored_elsewhere(machine, tmp_path, monkeypatch, capsys):
    old, new = machine("old"), machine("new")
    with opened(old) as home:
        ids, files = lived(home)
        before = {name: home.get(f"/verifications/{id}") for name, id in ids.items()}
        standing = home.get("/accounts/zhang/standing")
        artefacts = written(monkeypatch, old, capsys)
        home.post(f"/verifications/{ids['li']}/redact")
        home.post("/accounts/wei/cancel", {"at_once": True})
        home.post("/accounts/wei/erase", expect=204)
        keys, trail = home.keys, home.get("/reasons")
    started_too_early(monkeypatch, new)
    assert restore(monkeypatch, new, artefacts, tmp_path / "safe") == 0
    assert "erased again: 1 accounts, 2 verifications" in capsys.readouterr().out
    with opened(new, keys) as home:
        assert home.get(f"/verifications/{ids['zhang']}") == before["zhang"]
        assert home.get("/accounts/zhang/standing") == standing and trail == home.get("/reasons")
        assert home.context.files.get(ids["zhang"], files["zhang"])[:2] == b"\xff\xd8"
        assert {name: home.state(ids[name]) for name in ("zhou", "li", "wei")} == dict.fromkeys(
            ("zhou", "li", "wei"), "erased"
        )
        home.get("/accounts/wei/standing", expect=404)
        for name in ("zhou", "li", "wei"):
            with pytest.raises(Gone):
                home.context.sealer.open(ids[name], "typed", b"")
        assert {key.partition("/")[0] for key in home.context.files.keys()} == {ids["zhang"], ids["qian"]}  # noqa: SIM118
        assert home.state(ids["qian"]) == "checking" and home.decide(ids["qian"])["state"] == "approved"
    assert main(["audit", "export", str(tmp_path / "trail.jsonl")]) == 0
    assert main(["audit", "verify", str(tmp_path / "trail.jsonl")]) == 0


def started_too_early(monkeypatch, settings):
    """Somebody starts a server on the new machine while the erased are still in its database."""
    run = erasure_replay.run

    def meanwhile(context, ended):
        with pytest.raises(CannotRestore, match="being restored"):
            app.migrate(settings)
        return run(context, ended)

    monkeypatch.setattr(erasure_replay, "run", meanwhile)


def test_a_later_key_backup_buries_who_was_erased_since(machine, tmp_path, monkeypatch, capsys):
    """The list of the erased is lost, too: the key backup of an hour ago knows them. A data backup holds no key."""
    old, new = machine("old"), machine("new")
    with opened(old) as home:
        ids, _ = lived(home)
        data, _ = written(monkeypatch, old, capsys)
        home.post(f"/verifications/{ids['li']}/redact")
        keys = home.keys
        assert main(["backup", "write", "--keys-only"]) == 0
        (later,) = capsys.readouterr().out.split()
    new = replace(new, erasures_url=f"file://{tmp_path}/lost")
    assert restore(monkeypatch, new, (data, later), tmp_path / "safe") == 0
    with opened(new, keys) as home:
        assert home.state(ids["li"]) == "erased" and home.state(ids["zhang"]) == "approved"
