"""What a worker keeps of its networks, so that the next one starts sooner: the same network, or none."""

import gc
import shutil
from pathlib import Path

import numpy as np
import pytest

from shiming.vision import engine
from shiming.vision.compiled_cache import HASH, keep, kept
from shiming.vision.engine import Net
from shiming.vision.weights import default_folder

EYE = np.random.default_rng(1).integers(0, 256, (24, 24), np.uint8)


def test_what_is_kept_comes_back_only_as_it_was_and_for_what_it_was_made(tmp_path: Path):
    file = tmp_path / "folder" / "some.blob"
    assert kept(file, "this") is None
    keep(file, "this", b"content")
    assert bytes(kept(file, "this")) == b"content"
    assert kept(file, "that") is None
    whole = file.read_bytes()
    for harmed in (b"", whole[: HASH - 1], whole[:-1], b"x" + whole[1:], whole[:-1] + b"x"):
        file.write_bytes(harmed)
        assert kept(file, "this") is None
    assert [each.name for each in file.parent.iterdir()] == [file.name]


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path):
    (tmp_path / "file").touch()
    keep(tmp_path / "file" / "some.blob", "this", b"content")
    assert kept(tmp_path / "file" / "some.blob", "this") is None


@pytest.fixture
def eye(tmp_path: Path) -> Path:
    return Path(shutil.copy(default_folder() / "fr_eye.onnx", tmp_path))


def test_a_kept_network_answers_as_the_compiled_one(eye: Path):
    first = Net(eye, scale=255)(EYE)
    eye.write_bytes(b"")  # the second start must not need it
    second = Net(eye, scale=255)
    gc.collect()
    assert np.array_equal(second(EYE), first)


def test_another_setting_processor_or_damage_has_it_compiled_again(eye: Path, monkeypatch: pytest.MonkeyPatch):
    blob = eye.parent / "compiled" / "fr_eye.blob"
    plain = Net(eye)(EYE)
    first = blob.read_bytes()
    scaled = Net(eye, scale=255)(EYE)
    assert not np.array_equal(scaled, plain)
    monkeypatch.setattr(engine, "_processor", lambda: "another")
    Net(eye)
    other = blob.read_bytes()
    assert other[-HASH:] != first[-HASH:]
    blob.write_bytes(b"x" + other[1:])
    assert np.array_equal(Net(eye)(EYE), plain)


def test_what_openvino_refuses_is_compiled_again(eye: Path, monkeypatch: pytest.MonkeyPatch):
    first = Net(eye)(EYE)
    monkeypatch.setattr(engine, "kept", lambda *_: np.zeros(1000, np.uint8))
    assert np.array_equal(Net(eye)(EYE), first)
