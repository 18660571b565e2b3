"""褚旧照 films the failure with a second phone: what the film shows is listed with when, and what it lacks is named."""

import cv2
import numpy as np
import pytest

from shiming.demo import film
from shiming.demo.cast import by_slug
from shiming.support.film import SHOWS, lacking, phrases
from shiming.vision import picture_tasks, video
from shiming.vision.card.phrases import holds
from shiming.vision.video import _opened


@pytest.fixture(scope="module")
def seen():
    """A film of six seconds and a half, which leaves the card's back out."""
    return picture_tasks.video(film.shot(by_slug("jiuzhao"), 3, ("card_back",), seconds=1.3), dict(phrases()))


def test_each_moment_is_found_where_it_is_and_what_is_missing_is_named(seen):
    """M26: own face, card, tap, face scan, prompt; with time stamps."""
    at = {s.what: s.at_ms for s in seen.seen.sights}
    assert set(at) == set(SHOWS) and at["card_back"] is None
    starts = {name: n * 1300 for n, name in enumerate(n for n in film.SCENES if n != "card_back")}
    late = {name: at[name] - start for name, start in starts.items()}
    assert all(-100 <= ms <= 1300 for ms in late.values()), at
    told = lacking([{"what": s.what, "looked_for": s.looked_for, "at_ms": s.at_ms} for s in seen.seen.sights])
    assert [t["what"] for t in told] == ["card_back"] and "国徽面" in told[0]["zh"]


def test_the_copy_runs_as_long_as_the_film(seen):
    """A time stamp leads to the same place in what the reviewer plays."""
    with _opened(seen.copy) as copy:
        seconds = copy.get(cv2.CAP_PROP_FRAME_COUNT) / copy.get(cv2.CAP_PROP_FPS)
    assert abs(seconds - seen.seen.seconds) < 0.8


def test_a_long_film_is_sampled_to_its_end():
    frames = [cv2.resize(cv2.imread(str(film.files("shiming.demo") / "pages" / "scan.png")), film.SIZE)] * 600
    with _opened(film.encoded(frames)) as opened:
        _, times, *_ = video._sampled(opened)
    assert times[-1] > 58_000 and len(times) <= video.SAMPLES


def test_misread_letters_are_allowed_and_other_sentences_are_not():
    assert holds("没冇看到脸,把脸放进框里", ("把脸放进框里",))
    assert holds("人脸和公安留存的照片没有", ("人脸和公安留存的照片没有对上",))
    assert not holds("请把照片放进相册里", ("把脸放进框里",)) and not holds("", ("去认证",))


@pytest.mark.parametrize(("scene", "shows"), [("own_face", "own_face"), ("card_front", "card_front"),
                                              ("card_back", "card_back"), ("face_scan", "face_scan")])  # fmt: skip
def test_one_frame_says_what_it_shows_while_the_film_is_made(scene, shows):
    """Issue 18: each of the five points is ticked as it is filmed, and none that is not there."""
    person = by_slug("jiuzhao")
    frame = film._filmed(next(iter(film._scene(person, scene, 4))), np.zeros(2), 2.0, np.random.default_rng(1))
    jpeg = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, 60])[1].tobytes()
    assert picture_tasks.guide_film(jpeg, dict(phrases())).sights == (shows,)


def test_a_film_without_length_or_pace_is_sampled_by_its_times():
    """Browsers record neither: such a film of a minute was taken for one of two frames a second of a thousand each."""

    class Recorded:
        """A minute, 30 frames a second at uneven times, as a browser's WebM is read."""

        at = -1

        def get(self, what):
            ms = self.at * 1000 / 30 + self.at % 3
            return {cv2.CAP_PROP_FPS: 1000.0, cv2.CAP_PROP_POS_MSEC: ms}.get(what, 48.0)

        def grab(self):
            self.at += 1
            return self.at < 1800

        def retrieve(self):
            return True, np.full((48, 48, 3), self.at % 250, np.uint8)

    pictures, times, pairs, *_ = video._sampled(Recorded())
    assert times[0] == 0 and times[-1] > 58_000 and 40 <= len(times) <= video.SAMPLES
    assert len(pictures) == len(times) and len(pairs) >= len(times) - 1
