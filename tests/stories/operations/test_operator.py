"""The one who runs it, at the command line: replay, audit, keys."""

from types import SimpleNamespace

import pytest

from shiming.__main__ import main
from shiming.demo.cast import people


@pytest.fixture
def shiming(server, monkeypatch, capsys):
    """Run a command of `shiming` on the running server's data; in this process, as most of a command is loading."""
    monkeypatch.setenv("SHIMING_DATA", server.settings.data)

    def run(*arguments: object) -> SimpleNamespace:
        capsys.readouterr()
        code = main([*map(str, arguments)])
        said = capsys.readouterr()
        return SimpleNamespace(returncode=code, stdout=said.out, stderr=said.err)

    return run


@pytest.mark.parametrize(
    "slug", [p.slug for p in people() if p.slug in ("hege", "jiuzhao", "mane", "shaohou", "wuzhao")]
)
def test_replay_gives_the_same_decision_and_names_versions(results, shiming, slug):
    """M33."""
    done = shiming("replay", results[slug].verification["id"])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "same" in done.stdout and "DIFFERENT" not in done.stdout
    assert "policy default-1" in done.stdout and "sface.onnx@" in done.stdout


def test_replaying_what_is_not_there_says_so(shiming):
    done = shiming("replay", "ver_nothing")
    assert (done.returncode, "no verification" in done.stderr) == (1, True)


def test_the_trail_is_checked_without_the_database_and_a_changed_row_is_found(results, shiming, tmp_path):
    """M34."""
    trail = tmp_path / "trail.jsonl"
    assert shiming("audit", "export", trail).returncode == 0
    whole = shiming("audit", "verify", trail, "--key", f"{trail}.pub")
    assert (whole.returncode, "The trail is whole" in whole.stdout) == (0, True)
    text = trail.read_text()
    assert "verification.approved" in text
    trail.write_text(text.replace("verification.rejected", "verification.approved", 1))
    broken = shiming("audit", "verify", trail, "--key", f"{trail}.pub")
    assert (broken.returncode, "changed" in broken.stdout) == (1, True)


def test_a_new_master_key_needs_no_downtime(results, api, shiming):
    path = f"/verifications/{results['bufu'].verification['id']}"
    before = api.get(path)["identity"]
    done = shiming("keys", "rotate")
    assert (done.returncode, "added" in done.stdout) == (0, True)
    assert api.get(path)["identity"] == before


def test_keys_are_listed_without_their_secrets_and_can_be_revoked(server, shiming):
    import httpx

    secret = shiming("keys", "add", "--app", "shop", "--name", "till-1").stdout.strip()
    listed = shiming("keys", "list").stdout
    assert "shop.test" in listed and secret not in listed
    (id,) = [line.split("\t")[0] for line in listed.splitlines() if "till-1" in line]
    headers = {"Authorization": f"Bearer {secret}"}
    assert httpx.get(f"{server.address}/v1/verifications", headers=headers, timeout=60).status_code == 200
    shiming("keys", "revoke", id)
    assert httpx.get(f"{server.address}/v1/verifications", headers=headers, timeout=60).status_code == 401


def test_a_lost_key_file_is_never_replaced_by_a_fresh_one(tmp_path, monkeypatch):
    """A mis-mounted secret must not start a new key ring over old data."""
    from shiming import app
    from shiming.settings import Settings
    from shiming.store.crypto.key_file import KeyFileFault
    from shiming.store.crypto.sealed import MasterKeys, Sealer, open_keys

    settings = Settings(data=str(tmp_path))
    app.migrate(settings)
    keys = open_keys(settings.place("keys_url"))
    Sealer(MasterKeys.load(tmp_path / "master.keys"), keys).seal("ver_1", "x", b"something")
    (tmp_path / "master.keys").rename(tmp_path / "elsewhere")
    with pytest.raises(KeyFileFault, match="no key file"):
        app.migrate(settings)
