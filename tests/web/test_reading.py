"""What the holder's page is told of the card that was read."""

from types import SimpleNamespace

from shiming.policy import DEFAULT
from shiming.verification.evidence import Piece
from shiming.verification.seen import CardSeen, Field, Side
from shiming.web.flow import session_api


def test_a_field_that_is_doubtful_as_a_whole_is_marked_in_all_its_places(monkeypatch):
    """M24: what the holder has to confirm is marked, whichever field it stands in."""
    fields = {
        "authority": Field("某市公安局", 0.99, doubt="part_hidden"),
        "valid_from": Field("2020-01-15", 0.2),
        "valid_until": Field("2040-01-15", 0.99),
    }
    monkeypatch.setattr(session_api.loading, "seen_of", lambda sealer, row: CardSeen(Side.BACK, 1, fields))
    parts = SimpleNamespace(sealer=None, policy_of=lambda row: DEFAULT)
    read = session_api._reading(parts, None, {Piece.CARD_BACK: None})
    assert {name: len(told["doubtful"]) for name, told in read.items()} == {
        "authority": 5, "valid_from": 10, "valid_until": 0,
    }  # fmt: skip
