"""Faces of rendered people: found, compared, and their flaws named."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from shiming.vision.calibration import score
from shiming.vision.face import FaceReader, similarity
from shiming.vision.face.pipeline import unit
from shiming.vision.weights import default_folder, row
from tests.vision import banks

SOME = banks.slugs()[:4]


@pytest.fixture(scope="module")
def reader() -> FaceReader:
    return FaceReader(default_folder())


def template(reader: FaceReader, slug: str, name: str) -> np.ndarray:
    picture = banks.frame(slug, name)
    return reader.template(picture, reader.faces(picture)[0])


@pytest.mark.parametrize("slug", SOME)
def test_the_same_person_is_alike_across_pose_and_portrait(reader: FaceReader, slug: str):
    live = template(reader, slug, "front-1")
    assert similarity(live, template(reader, slug, "front-2")) > 0.8
    assert similarity(live, template(reader, slug, "left-30a")) > 0.5
    portrait = cv2.imread(str(banks.FACES / slug / "id.jpg"))
    assert similarity(live, reader.portrait_template(portrait)) > score("portrait", 1e-4)


def test_different_people_are_not(reader: FaceReader):
    templates = [template(reader, slug, "front-1") for slug in SOME]
    pairs = [similarity(a, b) for at, a in enumerate(templates) for b in templates[:at]]
    assert max(pairs) < score("live", 1e-5)


def test_a_template_hardly_depends_on_how_the_face_was_found(reader: FaceReader):
    """The mesh lays it out, so that frames of a live face need not be searched twice; a template's name says so."""
    picture = banks.frame(SOME[0], "front-1")
    found = [reader.faces(picture, (side,))[0] for side in (160, 320)]
    assert similarity(*(reader.template(picture, face) for face in found)) > 0.97
    assert row("sface.onnx").version_label.endswith("+mesh")


def test_where_no_mesh_is_seen_the_five_points_do(reader: FaceReader):
    picture = banks.frame(SOME[0], "front-1")
    face = reader.faces(picture)[0]
    unseen = replace(reader.mesh(picture, face), presence=0.0)
    likeness = similarity(unit(reader.embedding(picture, face, unseen)), reader.template(picture, face))
    assert 0.8 < likeness < 0.9999


@pytest.mark.parametrize("size", [(96, 128), (320, 240), (1280, 960), (4000, 3000), (300, 1200)])
def test_a_face_is_found_in_a_picture_of_any_size_and_where_it_is(reader: FaceReader, size: tuple[int, int]):
    height = min(size[1], size[0] * 4 // 3)
    face = cv2.resize(banks.frame(SOME[0], "front-1"), (height * 3 // 4, height))
    canvas = np.full((size[1], size[0], 3), 120, np.uint8)
    canvas[: face.shape[0], : face.shape[1]] = face
    found = reader.faces(canvas)
    assert len(found) == 1
    small = reader.faces(banks.frame(SOME[0], "front-1"))[0]
    scale = height / banks.frame(SOME[0], "front-1").shape[0]
    assert np.abs(found[0].points - small.points * scale).max() < 0.15 * small.eyes * scale


def test_a_glance_at_a_small_frame_finds_the_face_where_a_long_look_finds_it(reader: FaceReader):
    """M25: guidance asks for each camera frame, so it must cost little and still point at the face."""
    frame = cv2.resize(banks.frame(SOME[0], "front-1"), (240, 320), interpolation=cv2.INTER_AREA)
    quick, slow = reader.glance(frame), reader.faces(frame, (320,))
    assert len(quick) == len(slow) == 1
    assert np.abs(quick[0].points - slow[0].points).mean() < 0.15 * slow[0].eyes


def test_several_faces_are_all_found_largest_first(reader: FaceReader):
    near, far = (banks.frame(slug, "front-1") for slug in SOME[:2])
    canvas = np.full((near.shape[0], near.shape[1] * 2, 3), 120, np.uint8)
    small = cv2.resize(far, None, fx=0.4, fy=0.4)
    canvas[:, : near.shape[1]] = near
    canvas[: small.shape[0], near.shape[1] : near.shape[1] + small.shape[1]] = small
    found = reader.faces(canvas)
    assert len(found) == 2
    assert found[0].area > 3 * found[1].area


def darker(picture: np.ndarray) -> np.ndarray:
    return (picture * 0.12).astype(np.uint8)


def blurred(picture: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(picture, (0, 0), picture.shape[1] / 30)


def far_away(picture: np.ndarray) -> np.ndarray:
    small = cv2.resize(picture, None, fx=0.18, fy=0.18, interpolation=cv2.INTER_AREA)
    canvas = np.full_like(picture, 120)
    canvas[: small.shape[0], : small.shape[1]] = small
    return canvas


def bleached(picture: np.ndarray) -> np.ndarray:
    return np.clip(picture.astype(float) * 0.25 + 205, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("spoilt", "code"),
    [(darker, "photo_dark"), (blurred, "photo_blurred"), (far_away, "photo_too_small"), (bleached, "photo_glare")],
)
def test_what_is_wrong_with_a_face_is_named(reader: FaceReader, spoilt, code: str):
    """M13, M25."""
    picture = banks.frame(SOME[0], "front-1")
    assert reader.quality(picture, reader.faces(picture)[0]) == ()
    worse = spoilt(picture)
    assert code in [flaw.code for flaw in reader.quality(worse, reader.faces(worse)[0])]


def test_a_face_over_the_edge_is_cut_off(reader: FaceReader):
    picture = banks.frame(SOME[0], "front-1")
    face = reader.faces(picture)[0]
    cut = picture[:, int(face.box[0] + 0.2 * face.box[2]) :].copy()
    assert "photo_cut_off" in [flaw.code for flaw in reader.quality(cut, reader.faces(cut)[0])]


def test_loading_a_network_sends_no_word_to_anybody(tmp_path: Path):
    """openvino reports each import unless its telemetry package is kept out; then it makes no `intel` folder either."""
    code = "import shiming.vision.engine, sys; assert sys.modules['openvino_telemetry'] is None"
    told = subprocess.run(
        [sys.executable, "-c", code],
        env={"HOME": str(tmp_path), "PYTHONPATH": str(banks.FACES.parents[2])},
        check=False,
        capture_output=True,
    )
    assert told.returncode == 0, told.stderr
    assert list(tmp_path.iterdir()) == []
