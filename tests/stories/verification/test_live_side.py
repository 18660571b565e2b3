"""The live side as `make demo` walks it: `shiming serve`, the vendor server as another process, and three people."""

import httpx

from shiming.demo import live_side


def test_three_people_walk_through_the_live_side(server, vendor):
    results = live_side.send_all(server.address, server.settings)
    assert [r.expected for r in results] == [True, True, True], [(r.verification, r.waited_for) for r in results]
    asked = httpx.get(f"{vendor[0]}/tally", timeout=10, trust_env=False).json()
    assert [row["code"] for row in asked] == ["0", "-1", "-4", "0"]
    assert "IdCardVerification ×4; billed: 3" in live_side.told(vendor[0])
