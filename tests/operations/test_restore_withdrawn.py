"""What was taken back, or outlived its period, after a backup is gone before anything serves again (M44, issue 20)."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from shiming.settings import Settings
from shiming.store.erasures import ErasureList
from shiming.store.tables import appeals, evidence, verifications
from shiming.verification.parts import Part
from shiming.workflows import loading
from shiming.workflows.privacy import erasure_replay, erasure_requests
from tests.account.application import SHORT, ZHANG, ZHOU
from tests.account.guardians import XIAO, agreed, asked, house
from tests.account.test_age_first import Eyes
from tests.account.test_childs_appeal import CHILDS, FACTS, against_hold, sends
from tests.operations.house import opened, walked, with_keys
from tests.operations.test_restore_drill import restore, written


def row(home, id):
    with home.context.database.read() as connection:
        return connection.execute(select(verifications).where(verifications.c.id == id)).one()


def shown(home, id) -> set[str]:
    """What can be read of a verification: files, pieces with files, templates of what was seen, its name."""
    with home.context.database.read() as connection:
        pieces = connection.execute(select(evidence).where(evidence.c.verification == id)).all()
    seen = [loading.seen_of(home.context.sealer, each) for each in pieces]
    there = {
        "files": [key for key in home.context.files.keys() if key.startswith(f"{id}/")],  # noqa: SIM118
        "pieces": [each for each in pieces if each.files],
        "faces": [each for each in seen if getattr(each, "template", None) or getattr(each, "portrait", None)],
        "names": row(home, id).sealed_typed,
    }
    return {what for what, found in there.items() if found}


def lived(home):
    """周另外 was verified two hundred days ago; 张合格 just now; 李快到 has handed in a face, and goes on."""
    today = home.at[0] = datetime.now(UTC)
    home.at[0] = today - timedelta(days=200)
    ids = {"zhou": walked(home, "zhou", ZHOU)}
    home.submit(ids["zhou"])
    home.at[0] = today
    ids |= {"zhang": walked(home, "zhang", ZHANG), "li": walked(home, "li", SHORT)}
    home.submit(ids["zhang"])
    return ids


def test_what_ended_after_the_backup_is_gone_before_anything_serves(tmp_path, monkeypatch, capsys):
    """A restore brought back the face of whoever had taken the consent back since, and served it."""
    shared = {"erasures_url": f"file://{tmp_path}/erasures"}
    old, new = (with_keys(Settings(data=f"{tmp_path}/{name}", **shared), tmp_path / "safe") for name in ("old", "new"))
    with opened(old) as home:
        ids = lived(home)
        assert {len(shown(home, id)) for id in ids.values()} == {4}
        artefacts = written(monkeypatch, old, capsys)
        erasure_requests.ask(home.context, "demo.test", "zhang", ids["zhang"], "请删除", "holder")
        home.post(f"/verifications/{ids['li']}/consent", {"face": False})
        keys = home.keys
    assert restore(monkeypatch, new, artefacts, tmp_path / "safe") == 0
    assert "parts of 2 by a consent taken back, 1 parts by their period" in capsys.readouterr().out
    with opened(new, keys) as home:
        home.at[0] = datetime.now(UTC)
        assert {name: shown(home, id) for name, id in ids.items()} == {
            "zhou": {"faces", "names"}, "zhang": set(), "li": {"names"},
        }  # fmt: skip
        assert {name: home.state(id) for name, id in ids.items()} == {
            "zhou": "approved", "zhang": "approved", "li": "cancelled",
        }  # fmt: skip
        assert not row(home, ids["zhang"]).face_consent
        consents = home.get("/accounts/zhang/receipt")["verifications"][0]["consents"]
        assert [each["given"] for each in consents] == [True, False]
        assert home.post("/verifications", {"account": "li"})["state"] == "open"


def listening(home, monkeypatch) -> list:
    """What is noted for a restore from here on."""
    noted = []
    note = lambda owner, parts=(): noted.append((owner, [*parts]))  # noqa: E731
    monkeypatch.setattr(home.context.sealer, "_list_erased", note)
    return noted


def test_a_guardian_who_has_taken_the_consent_back_has_taken_it_back(tmp_path, monkeypatch):
    """The invitation stood as given in the backup: a face of the child could be taken by it again."""
    with house(tmp_path) as home:
        noted = listening(home, monkeypatch)
        child = asked(home)
        parent = agreed(home, child)
        home.hand_in(child["id"], XIAO, "standard")
        taken_back = [(parent.id, ["consent"])]
        assert erasure_replay.run(home.context, taken_back)["withdrawn"] == 1 and taken_back[0] in noted
        assert home.get("/accounts/xiao/guardian")["items"][0]["state"] == "withdrawn"
        assert home.get(f"/verifications/{child['id']}")["state"] == "erased"
        assert erasure_replay.run(home.context, taken_back)["withdrawn"] == 0


def test_pictures_of_a_childs_appeal_that_came_back_go_again(tmp_path, monkeypatch):
    with house(tmp_path) as home:
        noted = listening(home, monkeypatch)
        object.__setattr__(home.context, "look", Eyes())
        appeal = against_hold(home)
        home.post(f"/appeals/{appeal}/pieces/facts", FACTS)
        sends(home, appeal, "handheld_front")
        before = home.context.files.of[appeal].copy(), home.get(f"/appeals/{appeal}")["pieces"]
        home.post(f"/appeals/{appeal}/pieces/facts", CHILDS)
        assert noted == [(appeal, ["pictures"])]
        home.context.files.of[appeal], (file,) = before[0], before[0]
        with home.context.database.write() as connection:
            seen = {each: {"codes": [], "tries": 1} for each in before[1]}
            back = {"facts": "sealed", "handheld_front": file}
            connection.execute(appeals.update().values(pieces=back, seen=seen))
        assert erasure_replay.run(home.context, noted)["withdrawn"] == 1
        assert home.get(f"/appeals/{appeal}")["pieces"] == ["facts"] and not home.context.files.of.get(appeal)


def test_what_is_noted_is_when_of_whom_and_which_parts(tmp_path):
    """Beside the erased, where a release that knows of no parts passes over it."""
    listed = ErasureList(f"file://{tmp_path}/list")
    before = int(datetime.now(UTC).timestamp() * 1000)
    listed.add("ver_1")
    listed.add("ver_2", (Part.PICTURES, Part.FACES))
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    assert list(listed.owners(yesterday)) == ["ver_1"]
    assert list(listed.ended(before)) == [("ver_2", ["faces", "pictures"])]
    assert list(listed.ended(before + 60_000)) == []
