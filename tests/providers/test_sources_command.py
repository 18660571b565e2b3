"""`shiming sources`: what there is, how well it is, and one harmless call that explains itself."""

import pytest

from shiming.__main__ import main
from shiming.commands import sources
from shiming.commands.doctor import looks
from shiming.errors import BadInput, Unavailability
from shiming.settings import Settings
from shiming.startup import main_database
from shiming.store.verification import source_outages

FILE = """
[gateway]
kind = "authority"
adapter = "simulated"
side = "test"
budget_per_day = 5
[gateway.price]
check = 0.25

[house]
kind = "authority"
adapter = "http"
side = "live"
options = { address = "https://house.example", secret = { env = "HOUSE_SECRET" } }
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    (tmp_path / "sources.toml").write_text(FILE)
    monkeypatch.setenv("HOUSE_SECRET", "whsec_" + "c2VjcmV0" * 4)
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
    assert "There are: first, gateway, house" in capsys.readouterr().err


def sick(why):
    """Both are in this way, as the server would have found out."""
    with main_database(Settings.load()) as database, database.write() as connection:
        for name in ("gateway", "house"):
            row = source_outages.failed(connection, "authority", name, why, "412", 1)
            source_outages.rest(connection, row, 1 << 50)


def test_the_doctor_says_which_real_source_needs_a_person_and_a_try_that_is_answered_ends_its_rest(here, capsys):
    """Before, who had paid waited a quarter of an hour for a probe. A simulated one is ill by what somebody typed."""
    assert main(["migrate"]) == 0
    sick("unpaid")
    wrong = [line.text for line in looks._sources(Settings.load()) if line.state == "do"]
    assert len(wrong) == 1 and "authority house is unpaid (412)" in wrong[0], wrong
    assert main(["sources", "try", "gateway"]) == 0
    assert main(["sources"]) == 0
    said = capsys.readouterr().out
    assert "gateway             well; breaker closed" in said and "house               unpaid since" in said
    assert "breaker open" in said


def test_a_file_that_is_wrong_is_told_in_one_line(here, capsys):
    (here / "sources.toml").write_text(FILE.replace('"test"', '"tset"'))
    assert main(["sources"]) == 1
    assert "line 5, source 'gateway': side must be one of test, live" in capsys.readouterr().err


def test_each_silence_is_explained_and_messages_need_somebody_to_go_to():
    assert set(sources.REMEDIES) == set(Unavailability)
    with pytest.raises(BadInput):
        sources._harmless("sms", None, None)
