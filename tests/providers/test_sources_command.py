"""`shiming sources`: what there is, how well it is, and one harmless call that explains itself."""

import pytest

from shiming.__main__ import main
from shiming.commands import sources
from shiming.errors import BadInput, Unavailability

FILE = """
[gateway]
kind = "authority"
adapter = "simulated"
side = "test"
budget_per_day = 5
[gateway.price]
check = 0.25
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    (tmp_path / "sources.toml").write_text(FILE)
    monkeypatch.setenv("SHIMING_DATA", str(tmp_path))
    monkeypatch.setenv("SHIMING_SOURCES", str(tmp_path / "sources.toml"))
    return tmp_path


def test_it_lists_sources_and_tries_one(here, capsys):
    assert main(["sources"]) == 0
    said = capsys.readouterr().out
    assert "test authority gateway             well; breaker closed; 0 calls today, 0 unanswered, 0.00 yuan" in said
    assert "/v1/receipts/simulated/" in said and "carrier   first" in said and "authority first" not in said
    assert main(["sources", "try", "gateway"]) == 0
    said = capsys.readouterr().out
    assert "authority gateway: match. it knows this made-up person" in said and "0.2500 yuan" in said
    assert main(["sources", "try", "nobody"]) == 1
    assert "There are: first, gateway" in capsys.readouterr().err


def test_a_file_that_is_wrong_is_told_in_one_line(here, capsys):
    (here / "sources.toml").write_text(FILE.replace('"test"', '"tset"'))
    assert main(["sources"]) == 1
    assert "line 5, source 'gateway': side must be one of test, live" in capsys.readouterr().err


def test_each_silence_is_explained_and_messages_need_somebody_to_go_to():
    assert set(sources.REMEDIES) == set(Unavailability)
    with pytest.raises(BadInput):
        sources._harmless("sms", None, None)
