"""The key that stays outside, as its reader: asked once, remembered within bounds, and missed clearly (issue 16)."""

import json

import pytest

from shiming.errors import DependencyDown, Unavailability, Unavailable
from shiming.store.crypto import key_check, key_file, outside_key
from shiming.store.crypto.key_file import KeyFileFault
from shiming.store.crypto.outside_key import KeyGuard, OutsideKeyDown
from shiming.store.crypto.sealed import Lookup, MasterKeys, Sealer


class Safe:
    """An outside key by hand: turns bytes around, counts its questions, and may be out or refuse."""

    name = "safe"

    def __init__(self):
        self.asked, self.fault = [], None

    def wrap(self, secret):
        return self._answer("wrap", secret[::-1].hex())

    def unwrap(self, wrapped):
        return self._answer("unwrap", bytes.fromhex(wrapped)[::-1])

    def _answer(self, what, answer):
        self.asked.append(what)
        if self.fault:
            raise self.fault
        return answer


@pytest.fixture
def safe():
    return Safe()


@pytest.fixture
def at():
    return [0.0]


@pytest.fixture
def guard(safe, at):
    return KeyGuard("safe", {"safe": safe}.__getitem__, hours=2, clock=lambda: at[0])


@pytest.fixture
def sealed_file(tmp_path, guard):
    """A key file that was made sealed."""
    key_file.create(tmp_path / "sealed.keys", guard)
    return tmp_path / "sealed.keys"


def another(safe, at=None):
    """A process that has just started."""
    return KeyGuard("safe", {"safe": safe}.__getitem__, hours=2, clock=lambda: at[0] if at else 0.0)


def test_none_of_the_secrets_lies_in_a_sealed_file(sealed_file, guard):
    keys, text = key_file.read(sealed_file, guard), sealed_file.read_bytes()
    assert {"format", "outside", "wrapped", "sealed"} == json.loads(text).keys() and len(keys.master[1]) == 32
    for held in (keys.master[1], keys.lookup[1], keys.audit):
        assert held not in text and key_file._text(held).encode() not in text and held.hex().encode() not in text
    assert sealed_file.stat().st_mode & 0o777 == 0o600 and key_file.outside(sealed_file) == "safe"


def test_a_sealed_file_opens_for_nobody_who_does_not_ask_outside(sealed_file):
    with pytest.raises(KeyFileFault, match="sealed by an outside key"):
        key_file.read(sealed_file)
    with pytest.raises(KeyFileFault, match="sealed by an outside key"):
        Lookup.load(sealed_file)


def test_however_much_is_sealed_and_opened_the_outside_key_is_asked_once(sealed_file, safe, keys):
    started = another(safe)
    safe.asked.clear()
    ring = key_file.read(sealed_file, started)
    sealer = Sealer(MasterKeys(ring.master, lambda: key_file.read(sealed_file, started), started.check), keys)
    for number in range(50):
        assert sealer.open(f"ver_{number}", "name", sealer.seal(f"ver_{number}", "name", b"x")) == b"x"
        key_file.read(sealed_file, started)  # as each look at readiness does
    assert safe.asked == ["unwrap"]


def test_only_the_file_that_was_read_last_is_remembered(sealed_file, safe, guard):
    for _ in range(5):
        key_file.add(sealed_file, "master", guard)
        newest = key_file.read(sealed_file, guard)
    assert len(newest.master) == 6 and guard._held[1] == json.loads(sealed_file.read_text())["wrapped"]


def test_rotation_of_master_and_look_up_keys_works_in_a_sealed_file(sealed_file, guard, keys, main, safe):
    key_check.enrol(keys, main, sealed_file, guard)
    before = Lookup(key_file.read(sealed_file, guard).lookup).hash("number", "1")
    ring = key_file.read(sealed_file, guard)
    sealer = Sealer(MasterKeys(ring.master, lambda: key_file.read(sealed_file, guard)), keys)
    sealed = sealer.seal("ver_1", "name", b"x")
    for kind in ("master", "lookup"):
        assert key_file.add(sealed_file, kind, guard) == 2
    key_check.enrol(keys, main, sealed_file, guard)
    assert sealer.rotate() == 1 and sealer.masters_in_use() == {2} and sealer.open("ver_1", "name", sealed) == b"x"
    started = another(safe)
    assert before in Lookup(key_check.verify(keys, main, sealed_file, started).lookup).candidates("number", "1")


def test_a_file_moves_outside_and_back_with_the_same_secrets(key_path, guard, safe):
    inside = key_file.read(key_path)
    key_file.rewrite(key_path, guard)
    assert key_file.outside(key_path) == "safe" and key_file.read(key_path, another(safe)) == inside
    key_file.rewrite(key_path, KeyGuard("file", {"safe": safe}.__getitem__))
    assert key_file.outside(key_path) == "" and key_file.read(key_path) == inside


def test_a_key_outside_that_gives_back_something_else_seals_nothing(key_path, guard, safe, monkeypatch):
    """A key that only encrypts, or another one for each way: known before the file is written."""
    monkeypatch.setattr(safe, "unwrap", lambda wrapped: b"y" * 32)
    before = key_path.read_bytes()
    with pytest.raises(OutsideKeyDown, match="did not give back"):
        key_file.rewrite(key_path, guard)
    assert key_path.read_bytes() == before and not list(key_path.parent.glob("*.new"))


@pytest.mark.parametrize("change", ["wrapped", "sealed", "outside"])
def test_a_sealed_file_that_was_changed_is_damaged_and_named(sealed_file, safe, change):
    page = json.loads(sealed_file.read_text())
    page[change] = {"wrapped": "00" * 32, "sealed": page["sealed"][:-8] + "AAAAAAA=", "outside": 7}[change]
    sealed_file.write_text(json.dumps(page))
    with pytest.raises(KeyFileFault, match="damaged"):
        key_file.read(sealed_file, another(safe))


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        (Unavailable("vault.lan: timeout"), "outside_key_down", "does not answer: vault.lan: timeout. Without it"),
        (Unavailable("its token ended.", kind=Unavailability.MISCONFIGURED), "outside_key_refused", "its token ended"),
    ],
)
def test_without_it_nothing_starts_and_what_runs_says_so_and_goes_on(sealed_file, safe, guard, at, fault, code, said):
    safe.fault = fault
    with pytest.raises(OutsideKeyDown, match=said) as met:
        key_file.read(sealed_file, another(safe))
    assert met.value.code == code
    assert key_file.read(sealed_file, opened(guard, sealed_file, safe)).master
    at[0] += outside_key.LOOK_SECONDS
    with pytest.raises(OutsideKeyDown) as met:
        guard.look()
    assert met.value.code == code and guard.check() is None
    safe.fault = None
    at[0] += outside_key.LOOK_SECONDS
    guard.look()


def opened(guard, path, safe):
    """The guard of a process that had opened the file before the fault."""
    fault, safe.fault = safe.fault, None
    key_file.read(path, guard)
    safe.fault = fault
    return guard


def test_looking_asks_twice_a_minute_at_most(sealed_file, safe, guard, at):
    key_file.read(sealed_file, guard)
    safe.asked.clear()
    for _ in range(600):
        at[0] += 0.1
        guard.look()
    assert len(safe.asked) == 2


def test_after_the_hours_of_the_setting_without_an_answer_nothing_opens(sealed_file, safe, guard, at, keys):
    """Somebody took the key away outside: what runs ends its work, and begins again once the key is back."""
    ring = key_file.read(sealed_file, guard)
    sealer = Sealer(MasterKeys(ring.master, None, guard.check), keys, clock=lambda: at[0])
    sealed = sealer.seal("ver_1", "name", b"x")
    safe.fault = Unavailable("", kind=Unavailability.MISCONFIGURED)
    at[0] += 2 * 3600 + 1
    with pytest.raises(DependencyDown, match="Nothing was lost"):
        sealer.open("ver_1", "name", sealed)
    safe.fault = None
    at[0] += outside_key.LOOK_SECONDS
    assert sealer.open("ver_1", "name", sealed) == b"x"


def test_a_process_that_nobody_asked_for_days_asks_before_it_gives_up(sealed_file, guard, at):
    key_file.read(sealed_file, guard)
    at[0] += 72 * 3600
    guard.check()


def test_a_readable_file_never_asks(key_path, safe, guard):
    key_file.read(key_path, guard)
    guard.look()
    guard.check()
    assert safe.asked == [] and guard.held == ""
