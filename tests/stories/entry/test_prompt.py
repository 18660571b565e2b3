"""The prompt: whether this holder should verify now, in which words, and where to."""


def test_a_new_streamer_is_asked_before_going_live(api):
    """M9, M17: the function needs a verified identity; the answer holds words and a link."""
    asked = api.post("/accounts/prompt-1/prompt", {"capability": "live", "return_url": "https://host.test/back"})
    assert asked["needed"] and asked["level"] == "standard"
    assert asked["words"]["zh"]["button"] == "立即认证" and "免费" in asked["words"]["zh"]["text"]
    assert asked["url"].partition("#")[2]
    again = api.post("/accounts/prompt-1/prompt", {"capability": "live"})
    assert again["verification"] == asked["verification"] and again["url"] != asked["url"]


def test_who_comes_in_with_a_hold_is_asked_too(api):
    api.post("/accounts/prompt-2/holds", {"reason": "login_risk"})
    asked = api.post("/accounts/prompt-2/prompt", {})
    assert asked["needed"] and "受限" in asked["words"]["zh"]["title"]


def test_nobody_is_asked_without_need(api, results):
    assert not api.post("/accounts/never-seen/prompt", {})["needed"]
    assert not api.post("/accounts/never-seen/prompt", {"capability": "comment"})["needed"]
    verified = results["changqi"].verification["account"]
    assert not api.post(f"/accounts/{verified}/prompt", {"capability": "live"})["needed"]


def test_who_is_held_back_by_something_else_is_led_to_my_account(api):
    """M9, M31: no verification is asked where a pledge is what lifts it."""
    api.post("/accounts/prompt-4/holds", {"reason": "violation_rumour", "requirements": ["pledge"]})
    asked = api.post("/accounts/prompt-4/prompt", {})
    assert (asked["needed"], asked["held"]) == (False, True) and "/me/acc_" in asked["url"]
    assert asked["words"]["zh"]["button"] == "去看看" and "free" not in asked["words"]["en"]["text"]
