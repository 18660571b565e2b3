"""Too many requests are answered with 429 and when to come back; other keys are not touched."""

import httpx

from shiming import demo


def test_a_key_that_asks_too_often_is_told_when_to_come_back(tmp_path):
    with demo.server(tmp_path, requests_per_minute="20") as server:
        address = f"{server.address}/v1/verifications"
        mine, other = ({"Authorization": f"Bearer {key}"} for key in (server.key, server.reviewers[0]))
        answers = [httpx.get(address, headers=mine, timeout=60) for _ in range(45)]
        refused = [a for a in answers if a.status_code == 429]
        assert refused
        assert 0 < int(refused[0].headers["retry-after"]) <= 60
        assert refused[0].json()["code"] == "too_many_requests"
        assert httpx.get(address, headers=other, timeout=60).status_code == 403
