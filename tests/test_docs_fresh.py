"""Pages of docs/ that are made from the code say what the code says."""

from pathlib import Path

import pytest

from tools.docs.__main__ import PAGES, main, stale, write


@pytest.mark.parametrize("page", PAGES)
def test_the_page_is_fresh(page: str):
    assert not stale(page), f"run `python -m tools.docs {page}`"


def test_a_stale_page_is_found(tmp_path: Path):
    assert stale("reasons", tmp_path)
    write("reasons", tmp_path)
    assert not stale("reasons", tmp_path)
    (tmp_path / "reasons.md").write_text("something else", "utf-8")
    assert stale("reasons", tmp_path)


def test_an_unknown_page_is_refused(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        main(["nonsense"])
    assert "no such page: nonsense" in capsys.readouterr().err
