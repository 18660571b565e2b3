"""One person's accounts: seen, freed and moved by that person; blocked and moved by two people; never laundered."""

from shiming.store.account import subjects
from tests.account.application import ZHANG, ZHOU
from tests.account.application import application as opened


def full(application, person=ZHANG):
    """An old account that holds the only place, and a new one that finds it taken; the new one's verification."""
    application.verify("old-account", person)
    return application.verify("new-account", person)


def places(application, verification, **more):
    return application.get(f"/verifications/{verification['id']}/places", **more)


def test_the_person_cancels_an_old_account_and_has_a_place_after_the_cooling_off(application):
    """M20.12, M28: listed and freed with the live face of the same session, by the holder's own token."""
    tried = full(application)
    assert tried["reasons"][0]["code"] == "subject_quota_reached"
    (old,) = places(application, tried, by=tried["token"])["items"]
    assert (old["account"], old["can"]) == ("ol***nt", ["cancel", "not_mine", "move"])
    path = f"/verifications/{tried['id']}/places/{old['place']}"
    assert application.post(f"{path}/cancel", by=tried["token"])["items"][0]["state"] == "cancelling"
    assert application.verify("new-account")["reasons"][0]["code"] == "subject_quota_reached"
    application.later(days=7)
    assert application.verify("new-account")["state"] == "approved"
    assert application.get("/accounts/old-account/may/comment")["reasons"][0]["code"] == "account_cancelled"
    application.upkeep()
    assert application.events("old-account")[-2:] == ["account.cancelling", "account.cancelled"]


def test_a_cancellation_can_be_taken_back(plain):
    plain.verify("zhang")
    assert plain.post("/accounts/zhang/cancel")["state"] == "cancelling"
    plain.later(days=6)
    assert plain.may("zhang", "comment")
    assert plain.post("/accounts/zhang/keep")["state"] == "active"
    plain.later(days=30)
    assert plain.post("/accounts/zhang/cancel", {"at_once": True})["state"] == "cancelled"


def test_a_place_moves_to_the_new_account_at_once_with_the_person_there(application):
    """M28: the old account loses its person, the new one has it; no second verification."""
    tried = full(application)
    (old,) = places(application, tried)["items"]
    application.post("/accounts/new-account/holds", {"reason": "legal_duty"})
    (new,) = application.post(f"/verifications/{tried['id']}/places/{old['place']}/move")["items"]
    assert (new["account"], new["this"]) == ("ne***nt", True)
    assert application.may("new-account") and not application.may("old-account")
    assert application.get("/accounts/new-account/standing")["standing"] == "normal"


def test_nobody_sees_a_persons_accounts_without_the_person(application):
    """Not before the face has passed, not after the session, not with somebody else's token, not for basic."""
    tried = full(application)
    fresh = application.post("/verifications", {"account": "fresh"})
    assert places(application, fresh, expect=409)["code"] == "live_face_needed"
    application.post(f"/verifications/{fresh['id']}/cancel")
    assert places(application, fresh, expect=409)["code"] == "live_face_needed"
    assert places(application, application.verify("b", level="basic"), expect=409)["code"] == "live_face_needed"
    assert places(application, tried, by=fresh["token"], expect=403)
    application.verify("zhous", ZHOU)
    others = application.verify("zhous-new", ZHOU)
    (old,) = places(application, others)["items"]
    application.post(f"/verifications/{tried['id']}/places/{old['place']}/cancel", expect=404)
    application.later(minutes=61)
    assert places(application, tried, expect=409)["code"] == "live_face_needed"


def test_not_mine_opens_a_review_that_may_free_the_place(application):
    """M28: somebody verified an account under this person's name; a person looks, the account has to verify again."""
    tried = full(application)
    (old,) = places(application, tried)["items"]
    for _ in range(2):
        application.post(f"/verifications/{tried['id']}/places/{old['place']}/not_mine")
    (claim,) = application.get("/claims", "one")["items"]
    assert claim["account"] == "old-account"
    assert application.post(f"/claims/{claim['id']}/verdict", {"verdict": "free"}, "one")["state"] == "freed"
    assert application.post(f"/claims/{claim['id']}/verdict", {"verdict": "keep"}, "one", expect=409)
    assert set(application.holds("old-account")) == {"identity_disputed"} and not application.may("old-account")
    assert application.verify("new-account")["state"] == "approved"


def test_neither_cancelling_nor_moving_nor_not_mine_frees_a_place_that_is_held(application):
    """Design §3: banned, with open violation holds, or in appeal."""
    tried = full(application)
    (old,) = places(application, tried)["items"]
    application.post("/accounts/old-account/holds", {"reason": "violation_fraud", "requirements": ["review"]})
    path = f"/verifications/{tried['id']}/places/{old['place']}"
    (seen,) = places(application, tried)["items"]
    assert seen["can"] == ["not_mine"] and "violation" in seen["kept"]
    for act in ("cancel", "move"):
        assert application.post(f"{path}/{act}", expect=409)["code"] == "place_kept"
    assert application.post("/accounts/old-account/cancel", expect=409)["code"] == "place_kept"
    application.post(f"{path}/not_mine")
    (claim,) = application.get("/claims", "one")["items"]
    assert (
        application.post(f"/claims/{claim['id']}/verdict", {"verdict": "free"}, "one", expect=409)["code"]
        == "place_kept"
    )
    assert application.verify("new-account")["reasons"][0]["code"] == "subject_quota_reached"


def test_a_blocked_person_stays_blocked_whatever_comes_until_two_people_lift_it(application):
    """M20.14: another account, another kind, not mine, a move: nothing helps."""
    application.verify("bad")
    asked = application.post("/subjects/blocks", {"account": "bad", "ground": "violation_fraud"}, "one")
    assert application.post(f"/subjects/blocks/{asked['id']}/confirm", by="one", expect=409)["code"] == "four_eyes"
    application.post(f"/subjects/blocks/{asked['id']}/confirm", by="two")
    assert application.holds("bad")["violation_fraud"]["ban"]
    for ref, kind in (("fresh", "personal"), ("shop", "shop")):
        assert application.verify(ref, kind=kind)["reasons"][0]["code"] == "subject_blocked"
    back = application.post("/subjects/unblocks", {"account": "bad", "ground": "appeal"}, "one")
    application.post(f"/subjects/unblocks/{back['id']}/confirm", by="three")
    assert application.get("/accounts/bad/standing")["standing"] == "normal"
    assert application.verify("shop", kind="shop")["state"] == "approved"


def test_a_blocked_person_is_not_offered_to_move_a_place(application):
    """Issue 18: it was offered, and refused when it was pressed."""
    application.verify("shop", kind="shop")
    application.verify("bad")
    asked = application.post("/subjects/blocks", {"account": "bad", "ground": "violation_fraud"}, "one")
    application.post(f"/subjects/blocks/{asked['id']}/confirm", by="two")
    tried = application.verify("shop-new", kind="shop")
    assert {each["code"] for each in tried["reasons"]} >= {"subject_blocked", "subject_quota_reached"}
    shown = {each["account"]: each for each in places(application, tried)["items"]}
    shop = shown["s***"]
    assert shop["can"] == ["cancel", "not_mine"]
    path = f"/verifications/{tried['id']}/places/{shop['place']}/move"
    assert application.post(path, expect=409)["code"] == "wrong_state"


def test_two_people_move_a_binding(application):
    application.verify("old-account")
    asked = application.post("/subjects/moves", {"source": "old-account", "target": "old-account"}, "one", expect=409)
    application.post("/accounts/new-account/profile", {"filled": ["nickname", "phone"]})
    asked = application.post("/subjects/moves", {"source": "old-account", "target": "new-account"}, "one")
    application.post(f"/subjects/moves/{asked['id']}/confirm", by="one", expect=409)
    assert application.post(f"/subjects/moves/{asked['id']}/confirm", by="two")["target"] == "new-account"
    assert application.may("new-account") and not application.may("old-account")


def test_the_route_without_face_recognition_shows_the_accounts_too(plain):
    """M39: a person looked instead."""
    plain.verify("old-account")
    made = plain.verify("shop", kind="shop", face=False)
    plain.post(f"/verifications/{made['id']}/verdict", {"verdict": "approve"}, "one")
    assert {p["kind"] for p in places(plain, made)["items"]} == {"personal", "shop"}


def test_apps_of_one_operator_share_their_people_where_the_policy_says_so(tmp_path):
    """Design §9: the place counts, the other app's account is not shown."""
    with opened(tmp_path, "", subject_scope="operator", places_on_platform=1) as application:
        application.verify("mine")
        made = application.post("/verifications", {"account": "theirs"}, "sister")
        assert made["state"] == "open"
        with application.context.database.write() as connection:
            hashes = application.context.lookup.candidates("number", ZHANG.number)
            person = subjects.locked_subject(connection, "*.test", hashes, application.context.now())
            assert [row.app for row in subjects.slots(connection, person.id, application.context.now())] == [
                "demo.test"
            ]
        tried = application.verify("another", kind="shop")
        assert tried["reasons"][0]["code"] == "platform_quota_reached"
