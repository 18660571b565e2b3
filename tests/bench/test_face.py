"""The face bench: its arithmetic by hand, its simulation, and a run on a small folder of rendered people."""

import numpy as np
import pytest

from shiming import bench
from shiming.bench import pairs, printed
from shiming.bench.pairs import Templates, compare
from shiming.demo.cast import people
from shiming.errors import BadInput
from shiming.vision.face import FaceReader
from shiming.vision.weights import default_folder
from tests.vision import banks


def templates(angles: list[float], owners: list[int]) -> Templates:
    """Unit vectors in a plane, by their angle in degrees."""
    turned = np.radians(angles)
    values = np.column_stack([np.cos(turned), np.sin(turned)]).astype(np.float32)
    return Templates(values, np.array(owners), np.arange(len(angles))[:, None])


def test_every_pair_is_counted_once_and_on_its_side():
    scores = compare(one := templates([0, 10, 90, 100, 60], [0, 0, 1, 1, 2]), one, once=True)
    assert sorted(np.round(scores.genuine, 3)) == [0.985, 0.985]
    assert scores.impostors == 8
    assert scores.tar(0.98) == 1.0
    assert scores.fmr(0.8) == pytest.approx(1 / 8)  # 90° against 60° alone
    assert scores.threshold(1 / 8) == pytest.approx(np.cos(np.radians(40)), abs=2e-4)


def test_a_group_is_never_compared_with_a_picture_of_its_own():
    single = templates([0, 5, 10, 15, 90, 95], [0, 0, 0, 0, 1, 1])
    three = pairs.fused(single, np.ones(6), 3)
    assert (len(three.values), three.pictures.shape) == (1, (1, 3))
    scores = compare(three, single)
    assert (len(scores.genuine), scores.impostors) == (1, 2)


def test_intervals_come_from_people_not_from_pictures():
    """Ten people with one failing picture pair each tell more than one person with ten."""
    wide = templates([0, 60, *[v for at in range(9) for v in (90 + at, 91 + at)]], [0, 0, *np.repeat(range(1, 10), 2)])
    scores = compare(wide, wide, once=True)
    low, high = pairs.tar_interval(scores, 0.9)
    assert scores.tar(0.9) == pytest.approx(0.9)
    assert low < 0.9 < high


@pytest.mark.parametrize("size", printed.SIZES)
def test_a_printed_portrait_is_worse_than_the_picture_and_still_the_same_person(size):
    reader = FaceReader(default_folder())
    picture = banks.frame("hege", "front-1")
    face = reader.faces(picture)[0]
    shot = printed.photographed(printed.printed(picture, face.points, size, 1), 2)
    again = printed.photographed(printed.printed(picture, face.points, size, 1), 2)
    assert np.array_equal(shot, again)
    values = reader.portrait_embedding(shot)
    likeness = float(reader.template(picture, face) @ values / np.linalg.norm(values))
    assert 0.3 < likeness < 0.98


def test_a_folder_of_people_is_measured_and_nothing_of_them_is_kept(tmp_path):
    """M35, on a few rendered people: too few for a rate, enough to see that every part works."""
    for person in people()[:6]:
        (tmp_path / person.slug).mkdir()
        for number, (_, jpeg) in enumerate(person.frames()[:2], 1):
            (tmp_path / person.slug / f"{person.slug}_{number:04d}.jpg").write_bytes(jpeg)
    (tmp_path / "pairs.txt").write_text("1\t1\nhege\t1\t2\nhege\t1\tbufu\t2\n")
    report = bench.measure("face", tmp_path, say=lambda line: None)
    assert report.data["pictures"] == 12
    in_force = next(table for table in report.tables if "in force for" in table.title)
    assert in_force.rows[0][1].startswith("100.00")
    report.write(tmp_path / "out")
    assert "hege" not in (tmp_path / "out" / "face.json").read_text("utf-8")


def test_a_folder_that_is_laid_out_otherwise_says_how_it_must_be(tmp_path):
    (tmp_path / "picture.jpg").write_bytes(b"")
    with pytest.raises(BadInput, match="NAME_0001"):
        bench.measure("face", tmp_path)
