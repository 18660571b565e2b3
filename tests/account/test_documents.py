"""M18: a card that lapses. Its holder is reminded, then asked, and an update gives everything back."""

from dataclasses import replace

from tests.account.house import SHORT
from tests.account.house import house as made


def test_a_card_lapses_and_is_updated(house):
    house.verify("li", SHORT)
    house.upkeep()
    house.upkeep()
    assert house.events("li") == ["verification.approved", "account.document_expiring"]
    house.later(days=11)  # 2 December: the card was valid until the first
    assert house.may("li")
    house.upkeep()
    hold = house.holds("li")["document_lapsed"]
    assert (hold["lifted_by"], hold["capabilities"], house.may("li"), house.may("li", "comment")) == (
        ["update_document"], ["live", "withdraw"], False, True,
    )  # fmt: skip
    assert house.verify("li", SHORT)["reasons"][0]["code"] == "document_expired"
    assert house.verify("li", replace(SHORT, until="2046-12-01"))["state"] == "approved"
    assert house.may("li") and house.holds("li") == {}
    house.upkeep()
    assert house.events("li")[-1] == "account.normal"


def test_an_update_asks_for_the_card_and_the_face_and_not_for_the_hand_held_photo_again(tmp_path):
    """M10, M18: the policy asks for that photo at every first verification, and enhanced always does."""
    with made(tmp_path, f"sqlite:///{tmp_path}/db", handheld_at=frozenset({"standard", "enhanced"})) as house:
        first = house.post("/verifications", {"account": "li"})
        house.hand_in(first["id"], SHORT, "standard")
        assert house.get(f"/verifications/{first['id']}")["next"] == ["handheld"]
        house.hold_up_card(first["id"], SHORT)
        assert house.submit(first["id"])["state"] == "approved"
        update = house.post("/verifications", {"account": "li"})
        house.hand_in(update["id"], replace(SHORT, until="2046-12-01"), "standard")
        assert house.get(f"/verifications/{update['id']}")["next"] == []
        assert house.submit(update["id"])["state"] == "approved"
        again = house.post("/verifications", {"account": "li", "level": "enhanced"})
        house.hand_in(again["id"], SHORT, "enhanced")
        assert "handheld" in house.get(f"/verifications/{again['id']}")["next"]


def test_a_card_that_is_valid_for_good_never_lapses(plain):
    plain.verify("li", replace(SHORT, until="长期"))
    plain.later(days=9000)
    plain.upkeep()
    assert plain.events("li") == ["verification.approved"]


def test_updating_means_a_later_card_not_the_same_once_more(plain):
    plain.verify("li", SHORT)
    plain.post("/accounts/li/holds", {"reason": "document_lapsed", "requirements": ["update_document"]})
    plain.verify("li", SHORT)
    assert "document_lapsed" in plain.holds("li")
    plain.verify("li", replace(SHORT, until="2046-12-01"))
    assert plain.holds("li") == {}
