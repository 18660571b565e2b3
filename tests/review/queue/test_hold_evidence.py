"""A hold can be judged: 小林 sees what raised it, what was before it, and how often the rule erred."""

from datetime import timedelta

API = "/console/api"


def event(home, platform, id: str, type: str, hours: float, **facts) -> None:
    at = (home.moment[0] - timedelta(hours=hours)).isoformat()
    told = {"id": id, "account": "mei", "type": type, "at": at, **facts}
    assert platform.post("/v1/events", json={"events": [told]}).is_success


def test_what_raised_a_hold_is_beside_it(home):
    platform, lin = home.key(), home.person("xiaolin", "reviewer")
    event(home, platform, "e1", "login", 60 * 24, device="old-phone")
    event(home, platform, "e2", "login", 5, device="old-phone")
    event(home, platform, "e3", "login", 2, device="stranger")
    because = {"rule": "large_transaction", "version": "default-1", "values": {"amount": 7_000_000}, "events": ["e3"]}
    hold = {"reason": "login_risk", "requirements": ["review"], "because": because}
    assert platform.post("/v1/accounts/mei/holds", json=hold).status_code == 201
    (row,) = lin.get(f"{API}/cases?kind=hold").json()["items"]
    raised = lin.get(f"{API}/cases/{row['id']}/raised").json()
    assert raised["rule"]["name"] == "large_transaction" and "amount >= 5000000" in raised["rule"]["when"]
    assert raised["values"] == {"amount": 7_000_000}
    seen = {one["id"]: (one["new_device"], one["counted"]) for one in raised["events"]}
    assert seen["e3"] == (True, True) and "e1" not in seen
    assert raised["record"]["opened"] == 1 and raised["record"]["open"] == 1 and raised["earlier"] == []
    platform.post("/v1/accounts/mei/holds", json={"reason": "profile_incomplete", "requirements": ["review"]})
    rows = lin.get(f"{API}/cases?kind=hold").json()["items"]
    other = next(one for one in rows if one["id"] != row["id"])
    raised = lin.get(f"{API}/cases/{other['id']}/raised").json()
    assert raised["rule"] is None and [one["codes"][0]["code"] for one in raised["earlier"]] == ["login_risk"]
    for who in (home.key(), home.person("others", "support", "privacy", "senior_policy", "admin")):
        assert who.get(f"{API}/cases/{row['id']}/raised").status_code == 403
    elsewhere = home.person("faraway", "reviewer", app="other.test")
    assert elsewhere.get(f"{API}/cases/{row['id']}/raised").status_code == 404


def test_logins_are_on_a_map_with_their_speed(home):
    """Beijing, then Tokyo half an hour later; nothing finer than a city, and events without a place are left out."""
    platform, lin = home.key(), home.person("xiaolin", "reviewer")
    for id, hours, ip in (("e1", 3, "192.0.2.7"), ("e2", 2.5, "203.0.113.200"), ("e3", 2.4, None)):
        event(home, platform, id, "login", hours, **({"ip": ip} if ip else {}))
    hold = {"reason": "login_risk", "requirements": ["review"]}
    assert platform.post("/v1/accounts/mei/holds", json=hold).status_code == 201
    rows = lin.get(f"{API}/cases?kind=hold").json()["items"]
    track = lin.get(f"{API}/cases/{rows[-1]['id']}/raised").json()["track"]
    assert [one["id"] for one in track] == ["e1", "e2"]
    assert track[0]["km"] is None and 1_900 < track[1]["km"] < 2_300 and track[1]["kmh"] == track[1]["km"] * 2
    assert [round(track[0][axis]) for axis in ("latitude", "longitude")] == [40, 116]
    assert all(one[axis] == round(one[axis], 1) for one in track for axis in ("latitude", "longitude"))
