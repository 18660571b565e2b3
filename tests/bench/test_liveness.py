"""`shiming bench liveness` on a small folder: who passes, who is referred, who is refused; nothing is an error."""

import json
from pathlib import Path

import pytest

from shiming.bench import liveness
from shiming.bench.report import Rate
from shiming.demo import camera
from shiming.demo.cast import face_frames
from shiming.errors import BadInput
from shiming.verification.challenge import Challenge, Step

TURNS, SHOW_MS = ("left", "mouth", "right"), (600, 2700, 5000)


def laid_out(folder: Path, film: camera.Film, told: dict | None = None) -> None:
    folder.mkdir(parents=True)
    for at, frame in enumerate(film[0]):
        (folder / f"{at:03}.jpg").write_bytes(frame)
    (folder / "times.json").write_text(json.dumps(film[1]))
    (folder / "challenge.json").write_text(json.dumps({"turns": TURNS, "show_ms": SHOW_MS}))
    if told:
        (folder / "camera.json").write_text(json.dumps(told))


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory):
    data = tmp_path_factory.mktemp("clips")
    film = camera.live(face_frames("bufu"), Challenge("c", tuple(map(Step, TURNS)), SHOW_MS), 3)
    laid_out(data / "live" / "willing", film)
    laid_out(data / "attack" / "named" / "1", film, {"label": "OBS Virtual Camera"})
    laid_out(data / "attack" / "frozen" / "1", ([film[0][0]] * len(film[0]), film[1]))
    (data / "attack" / "stills" / "1").mkdir(parents=True)
    (data / "attack" / "stills" / "1" / "only.png").write_bytes(film[0][0])
    return liveness.measure(data, None, lambda _: None)


def test_each_clip_comes_out_by_the_checks_of_the_product(report):
    """M35."""
    outcomes = {row[0]: row[2:5] for row in report.tables[0].rows}
    yes, no = Rate(1, 1), Rate(0, 1)
    assert outcomes == {"live": (yes, no, no), "frozen": (no, no, yes), "named": (no, yes, no)}
    assert report.figures["attacks_accepted"] == []


def test_a_still_without_a_challenge_gets_its_passive_score_only(report):
    passive = next(row for row in report.tables[2].rows if row[0] == "stills")
    assert passive[1] == 1
    assert 0 <= passive[3] <= 1


def test_a_folder_without_clips_is_an_error(tmp_path: Path):
    (tmp_path / "something.txt").write_text("else")
    with pytest.raises(BadInput, match="live/CASE"):
        liveness.measure(tmp_path, None, lambda _: None)
