"""What a worker does with pictures, from bytes to what was seen."""

import io
import pickle

import cv2
import numpy as np
import pytest
from PIL import Image

from shiming.verification.challenge import Challenge, Step
from shiming.verification.seen import Side
from shiming.verification.source_answers import Thresholds
from shiming.vision import picture_tasks
from shiming.vision.face import similarity
from shiming.vision.picture import BadPicture
from shiming.vision.weights import default_folder
from tests.vision import banks

CARDS = banks.FACES.parent / "cards"
HEGE = "hege"


def jpeg(picture: np.ndarray) -> bytes:
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()


def front() -> bytes:
    return (CARDS / HEGE / "front.jpg").read_bytes()


def test_a_card_comes_with_clean_pictures_and_its_portraits_template_only_when_asked_for():
    seen = picture_tasks.card(front())
    assert (seen.seen.portrait, seen.seen.portrait_found) == (None, True), "nothing before it is known whose it is"
    live = picture_tasks.face([jpeg(banks.frame(HEGE, "front-1"))], [0], Challenge("c", (Step.LEFT,))).seen
    assert seen.seen.side is Side.FRONT
    assert similarity(picture_tasks.portrait(seen.portrait), live.template) > Thresholds().same_portrait
    for kept in (seen.clean, seen.rectified, seen.portrait):
        assert Image.open(io.BytesIO(kept)).format == "JPEG"
    assert {name.split("@")[0] for name in seen.seen.models} >= {"sface.onnx", "yunet.onnx"}


def test_the_back_has_no_portrait():
    seen = picture_tasks.card((CARDS / HEGE / "back.jpg").read_bytes())
    assert (seen.seen.side, seen.seen.portrait_found, seen.portrait) == (Side.BACK, False, None)


def test_a_picture_too_small_for_a_card_says_so():
    seen = picture_tasks.card(jpeg(np.zeros((40, 300, 3), np.uint8))).seen
    assert [flaw.code for flaw in seen.flaws] == ["photo_too_small"]


def test_frames_come_back_clean_with_the_best_one():
    frames = [jpeg(picture) for picture in banks.film(HEGE, "front-1 left-20 left-38a front-2")]
    result = picture_tasks.face(frames, banks.times(4), Challenge("c", (Step.LEFT,)))
    assert [turn.followed for turn in result.seen.turns] == [True]
    assert result.best == result.frames[result.seen.best]
    assert len(result.frames) == 4


def test_one_bad_frame_refuses_the_recording():
    with pytest.raises(BadPicture):
        picture_tasks.face(
            [jpeg(banks.frame(HEGE, "front-1")), b"not a picture"], [0, 100], Challenge("c", (Step.LEFT,))
        )


def held_up() -> np.ndarray:
    """Somebody holds a card under the chin."""
    face = cv2.resize(banks.frame(HEGE, "front-1"), (1200, 1600))
    card = cv2.resize(cv2.imdecode(np.frombuffer(front(), np.uint8), cv2.IMREAD_COLOR), (1200, 900))
    return np.vstack([face, card])


def test_the_face_printed_on_the_card_is_not_a_second_person():
    held = picture_tasks.handheld(jpeg(held_up()), True).seen
    assert (held.faces, held.cards) == (1, 1)
    live = picture_tasks.face([jpeg(banks.frame(HEGE, "front-2"))], [0], Challenge("c", (Step.LEFT,))).seen
    assert similarity(held.template, live.template) > Thresholds().same_face
    assert held.number is not None


def test_a_template_of_the_largest_face_or_none_without_a_face():
    one, other = (picture_tasks.template(jpeg(banks.frame(HEGE, f"front-{n}"))) for n in (1, 2))
    assert similarity(one, other) > 0.8
    assert picture_tasks.template(jpeg(np.full((300, 300, 3), 120, np.uint8))) is None


def test_guidance_tells_where_the_face_is_and_how_it_is_turned():
    told = picture_tasks.guide(jpeg(cv2.resize(banks.frame(HEGE, "left-30a"), (240, 320))))
    assert told.faces == 1
    assert told.yaw > 20
    assert 0 < told.box[0] < 0.6
    nobody = picture_tasks.guide(jpeg(np.zeros((320, 240, 3), np.uint8)))
    assert (nobody.faces, nobody.hints) == (0, ("no_face",))


def small(picture: np.ndarray) -> np.ndarray:
    return cv2.resize(picture, (240, 320), interpolation=cv2.INTER_AREA)


def painted(picture: np.ndarray, part: str) -> np.ndarray:
    """A face with dark glasses, or with a blue mask."""
    face = picture_tasks.readers(default_folder()).liveness.frame(picture).face
    eyes, mouth, nose = (face.points[:2], face.points[3:].mean(axis=0), face.points[2])
    wide, shown = float(np.linalg.norm(eyes[1] - eyes[0])), picture.copy()
    if part == "eyes_covered":
        for eye in eyes:
            cv2.ellipse(shown, tuple(map(int, eye)), (int(0.42 * wide), int(0.3 * wide)), 0, 0, 360, (25, 22, 20), -1)
        return shown
    top, low = int(nose[1] - 0.1 * wide), int(mouth[1] + 0.8 * wide)
    cv2.rectangle(shown, (int(mouth[0] - 0.9 * wide), top), (int(mouth[0] + 0.9 * wide), low), (215, 190, 140), -1)
    return shown


HINTS = {
    "several_faces": lambda face: np.hstack([face, face]),
    "closer": lambda face: cv2.copyMakeBorder(cv2.resize(face, (80, 107)), 100, 113, 80, 80, cv2.BORDER_REPLICATE),
    "farther": lambda face: cv2.resize(face[70:270, 45:195], (240, 320)),
    "centre": lambda face: cv2.copyMakeBorder(face, 0, 0, 0, 240, cv2.BORDER_REPLICATE),
    "dark": lambda face: (face * 0.3).astype(np.uint8),
    "bright": lambda face: np.clip(face * 1.6 + 90, 0, 255).astype(np.uint8),
    "blurred": lambda face: cv2.GaussianBlur(face, (0, 0), 4),
    "eyes_covered": lambda face: painted(face, "eyes_covered"),
    "mask": lambda face: painted(face, "mask"),
}


@pytest.mark.parametrize("word", HINTS)
def test_guidance_tells_what_to_change(word: str):
    """M25."""
    face = small(banks.frame(HEGE, "front-1"))
    assert picture_tasks.guide(jpeg(face)).hints == ()
    assert word in picture_tasks.guide(jpeg(HINTS[word](face))).hints


def test_guidance_tells_of_light_from_behind():
    """M25."""
    face = small(banks.frame(HEGE, "front-1"))
    lit = np.clip(cv2.GaussianBlur(np.full((320, 240, 3), 255, np.uint8), (0, 0), 1), 0, 255)
    cv2.ellipse(lit, (120, 160), (88, 125), 0, 0, 360, (0, 0, 0), -1)
    behind = np.where(lit > 0, lit, (face * 0.45).astype(np.uint8))
    assert "backlight" in picture_tasks.guide(jpeg(behind)).hints


def test_results_cross_between_processes():
    result = picture_tasks.card(front())
    assert pickle.loads(pickle.dumps(result)) == result  # noqa: S301
