"""`shiming bench liveness` on a small folder: who passes, who is referred, who is refused; nothing is an error."""

import json
from pathlib import Path

import cv2
import pytest

from shiming.bench import liveness
from shiming.bench.report import Rate
from shiming.demo import camera
from shiming.demo.cast import face_frames
from shiming.errors import BadInput
from shiming.verification.challenge import Challenge

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
    film = camera.live(face_frames("bufu"), Challenge.of("c", TURNS, SHOW_MS), 3)
    laid_out(data / "live" / "willing", film)
    laid_out(data / "attack" / "named" / "1", film, {"label": "OBS Virtual Camera"})
    laid_out(data / "attack" / "frozen" / "1", ([film[0][0]] * len(film[0]), film[1]))
    (data / "attack" / "stills" / "1").mkdir(parents=True)
    (data / "attack" / "stills" / "1" / "only.png").write_bytes(film[0][0])
    filmed(data / "live" / "video.mp4", film[0])
    (data / "live" / "video.json").write_text(json.dumps({"turns": TURNS, "show_ms": SHOW_MS}))
    filmed(data / "attack" / "unasked" / "video.mp4", film[0][:10])
    (data / "attack" / "singles").mkdir()
    for name in "ab":
        (data / "attack" / "singles" / f"{name}.jpg").write_bytes(film[0][0])
    return liveness.measure(data, None, lambda _: None)


def filmed(path: Path, frames: list[bytes]) -> None:
    """A video with five frames a second, at the pace of the camera that took them."""
    path.parent.mkdir(exist_ok=True)
    pictures = [camera.decoded(frame) for frame in frames]
    video = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 5, pictures[0].shape[1::-1])
    for picture in pictures:
        video.write(picture)
    video.release()


def test_each_clip_comes_out_by_the_checks_of_the_product(report):
    """M35."""
    outcomes = {row[0]: row[2:5] for row in report.tables[0].rows}
    yes, no = Rate(1, 1), Rate(0, 1)
    assert outcomes.pop("live")[0] == Rate(2, 2)
    assert outcomes == {"frozen": (no, no, yes), "named": (no, yes, no)}
    assert report.figures["attacks_accepted"] == []


@pytest.mark.parametrize(("species", "cases"), [("stills", 1), ("singles", 2), ("unasked", 1)])
def test_what_has_no_challenge_gets_its_passive_score_only(report, species, cases):
    passive = next(row for row in report.tables[2].rows if row[0] == species)
    assert passive[1] == cases
    assert 0 <= passive[3] <= 1


def test_a_video_that_cannot_be_played_is_an_error(tmp_path: Path):
    (tmp_path / "live").mkdir()
    (tmp_path / "live" / "broken.mp4").write_bytes(b"nothing")
    with pytest.raises(BadInput, match="cannot be played"):
        liveness.measure(tmp_path, None, lambda _: None)


def test_a_folder_without_clips_is_an_error(tmp_path: Path):
    (tmp_path / "something.txt").write_text("else")
    with pytest.raises(BadInput, match="live/CASE"):
        liveness.measure(tmp_path, None, lambda _: None)
