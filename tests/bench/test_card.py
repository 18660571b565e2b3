"""`shiming bench card` on the demo's cards, in the layouts that other people's truth may come in."""

import json
import shutil
from pathlib import Path

import pytest

from shiming.bench import card
from shiming.errors import BadInput
from shiming.verification.seen import Side

CARDS = Path(__file__).parents[2] / "src/shiming/demo/cards"


def lay(folder: Path, name: str, truth: dict, picture: Path = CARDS / "hege/front.jpg") -> Path:
    """A picture with its truth, as kind `plain`."""
    (folder / "plain").mkdir(exist_ok=True)
    shutil.copy(picture, folder / "plain" / f"{name}.jpg")
    (folder / "plain" / f"{name}.json").write_text(json.dumps(truth, ensure_ascii=False), "utf-8")
    return folder


def test_a_card_read_right_is_counted_as_accepted_and_right(tmp_path):
    """M35. 张合格's front and back, with the truth that the demo's maker wrote."""
    truth = json.loads((CARDS / "hege/truth.json").read_text("utf-8"))
    lay(tmp_path, "front", truth["front"])
    lay(tmp_path, "back", truth["back"], CARDS / "hege/back.jpg")
    made = card.measure(tmp_path, None, print)
    read, accepted, times, by_field = ({row[0]: row[1:] for row in table.rows} for table in made.tables)
    assert read["all"][2].hits == read["all"][2].of == 9
    assert (accepted["all"][0].hits, accepted["all"][2].hits, accepted["all"][2].of) == (2, 0, 1)
    assert times["all"][0] > 0 and by_field["number"][0].share == 1
    assert made.write(tmp_path / "out").exists()


def test_truth_may_be_plain_strings_under_other_names(tmp_path):
    fields = {"name": "张合格", "id_number": "17021319910314013x", "birthday": "1991年3月14日", "nation": "汉族"}
    (sample,) = card.samples(lay(tmp_path, "a", {"fields": fields}))
    assert sample.fields == {"name": "张合格", "number": "17021319910314013X", "birth": "1991-03-14", "ethnicity": "汉"}
    assert (sample.side, sample.readable, sample.width) == (Side.FRONT, frozenset(sample.fields), None)
    fields = {"authority": "望月市公安局", "validity": "2018.06.15-长期"}
    (sample,) = card.samples(lay(tmp_path, "a", {"fields": fields}))
    assert (sample.side, sample.fields["valid_from"], sample.fields["valid_until"]) == (Side.BACK, "2018-06-15", "长期")


def test_the_limit_counts_for_each_kind(tmp_path):
    for name in "abc":
        lay(tmp_path, name, {"fields": {"name": "张合格"}})
    assert len(card.samples(tmp_path, limit=2)) == 2


def test_what_is_no_truth_is_refused(tmp_path):
    with pytest.raises(BadInput, match="no truth"):
        card.samples(lay(tmp_path, "a", {"name": "张合格"}))
    (tmp_path / "plain/a.json").unlink()
    with pytest.raises(BadInput, match="no picture with its truth"):
        card.samples(tmp_path)
