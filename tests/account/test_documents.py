"""M18: a card that lapses. Its holder is reminded, then asked, and an update gives everything back."""

from dataclasses import replace

from tests.account.application import SHORT
from tests.account.application import application as made


def test_a_card_lapses_and_is_updated(application):
    application.verify("li", SHORT)
    application.upkeep()
    application.upkeep()
    assert application.events("li") == ["verification.approved", "account.document_expiring"]
    application.later(days=11)  # 2 December: the card was valid until the first
    assert application.may("li")
    application.upkeep()
    hold = application.holds("li")["document_lapsed"]
    assert (hold["lifted_by"], hold["capabilities"], application.may("li"), application.may("li", "comment")) == (
        ["update_document"], ["live", "withdraw"], False, True,
    )  # fmt: skip
    assert application.verify("li", SHORT)["reasons"][0]["code"] == "document_expired"
    assert application.verify("li", replace(SHORT, until="2046-12-01"))["state"] == "approved"
    assert application.may("li") and application.holds("li") == {}
    application.upkeep()
    assert application.events("li")[-1] == "account.normal"


def test_an_update_asks_for_the_card_and_the_face_and_not_for_the_hand_held_photo_again(tmp_path):
    """M10, M18: the policy asks for that photo at every first verification, and enhanced always does."""
    with made(tmp_path, f"sqlite:///{tmp_path}/db", handheld_at=frozenset({"standard", "enhanced"})) as application:
        first = application.post("/verifications", {"account": "li"})
        application.hand_in(first["id"], SHORT, "standard")
        assert application.get(f"/verifications/{first['id']}")["next"] == ["handheld"]
        application.hold_up_card(first["id"], SHORT)
        assert application.submit(first["id"])["state"] == "approved"
        update = application.post("/verifications", {"account": "li"})
        application.hand_in(update["id"], replace(SHORT, until="2046-12-01"), "standard")
        assert application.get(f"/verifications/{update['id']}")["next"] == []
        assert application.submit(update["id"])["state"] == "approved"
        again = application.post("/verifications", {"account": "li", "level": "enhanced"})
        application.hand_in(again["id"], SHORT, "enhanced")
        assert "handheld" in application.get(f"/verifications/{again['id']}")["next"]


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
