"""What people and programs are told where there are too many: the real application, behind a door that is full."""

import pytest

from shiming.web.http.waiting import Queue
from tests.application import application


@pytest.fixture
def full(tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Queue, "refuses", lambda *_: 3)
    with application(tmp_path) as one:
        yield one.key()


@pytest.mark.parametrize(("language", "words"), [("zh-CN", "现在人多，请稍等"), ("en", "Many people are here")])
def test_a_page_says_that_nothing_is_lost_and_comes_back_by_itself(full, language: str, words: str) -> None:
    said = full.get("/v/ver_1/basic", headers={"Accept": "text/html", "Accept-Language": language})
    assert said.status_code == 503 and said.headers["refresh"] == said.headers["retry-after"] == "3"
    assert words in said.text and "content-security-policy" in said.headers


def test_a_form_is_not_sent_again_by_itself(full) -> None:
    """What was typed stands in the page before; reloading would lose it."""
    said = full.post("/v/ver_1/basic/piece/identity", data={"name": "李通"}, headers={"Accept": "text/html"})
    assert said.status_code == 503 and "refresh" not in said.headers and "再点一次" in said.text


def test_a_program_is_told_when_to_come_again(full) -> None:
    said = full.post("/v1/verifications", json={"account": "li-tong"})
    assert said.status_code == 503 and said.headers["retry-after"] == "3"
    assert said.json()["code"] == "busy" and said.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/v1/health", "/v1/ready", "/v1/accounts/li-tong/may/live", "/v/assets/flow.js"])
def test_gate_health_and_files_do_not_stand_in_any_queue(full, path: str) -> None:
    assert full.get(path).status_code == 200
