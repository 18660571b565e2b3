"""Every answer names its request, and the log names it too: somebody who complains can be helped (issue 16)."""

import json
import logging

import pytest

from shiming.settings import Settings
from shiming.telemetry import logs
from shiming.telemetry.current import CURRENT, Current, at_work, request_id
from tests.application import application

PHONE, NUMBER = "13900001234", "110101199003077758"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    with application(tmp_path_factory.mktemp("ids")) as made:
        yield made


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO, logger="shiming.access")
    return lambda: [record.fields for record in caplog.records if record.name == "shiming.access"]


@pytest.mark.parametrize("path", ["/v1/health", "/v1/reasons", "/v1/nowhere", "/v1/accounts/zhang/may/live"])
def test_answers_of_every_kind_have_an_id(home, path):
    """The gate runs bare, an unknown address meets no route, and without a key there is nobody."""
    for client in (home.key(), home.key()):
        client.headers.pop("authorization", None)
        assert len(client.get(path).headers["x-request-id"]) == 32


def test_refusals_and_faults_have_one_too(home, monkeypatch):
    key = home.key()
    assert key.post("/v1/events", content=b"{", headers={"content-type": "application/json"}).headers["x-request-id"]
    monkeypatch.setattr("shiming.web.api.reasons.reasons", None, raising=False)
    monkeypatch.setattr(home.web.state.gate, "read", None)
    broken = key.get("/v1/accounts/zhang/may/live")
    assert broken.status_code == 500 and broken.headers["x-request-id"]


def test_the_proxys_id_is_kept_where_it_is_one(home):
    key = home.key()
    for given in ("5f2b6d1c-9a3e-4c7d-8e1f-0123456789ab", "0123456789abcdef0123456789abcdef", "lb-7.req_0042"):
        assert key.get("/v1/health", headers={"x-request-id": given}).headers["x-request-id"] == given
    for given in ("short", "a" * 65, f"call-{PHONE}", NUMBER, "has space 12", "new\tline-123", "%E5%BC%A0-1234567"):
        made = request_id(given.encode())
        assert made != given and len(made) == 32


def test_a_request_has_one_line_which_names_the_route_and_no_person(home, lines):
    key = home.key()
    made = key.post("/v1/tickets", json={"account": PHONE, "topic": "help", "text": f"张合格 {NUMBER}"})
    (line,) = lines()
    assert (line["route"], line["status"], line["method"]) == ("/v1/tickets", made.status_code, "POST")
    assert line["request_id"] == made.headers["x-request-id"]
    key.get(f"/v1/accounts/{PHONE}/holds?name=张合格&number={NUMBER}")
    key.get(f"/{NUMBER}/{PHONE}")
    written = json.dumps(lines(), ensure_ascii=False)
    assert not [each for each in (PHONE, NUMBER, "张", "testclient", "127.0.0.1") if each in written]
    assert [line["route"] for line in lines()[1:]] == ["/v1/accounts/{account}/holds", "none"]


def test_a_head_is_told_by_its_route_as_its_get_is(home, lines):
    """It was told as no route: monitors that ask by HEAD filled the log with lines that said nothing."""
    key = home.key()
    for path in ("/v1/health", "/v1/accounts/zhang/may/live", "/v1/reasons"):
        key.head(path)
    assert [(line["method"], line["route"]) for line in lines()] == [("HEAD", "/v1/reasons")]


def test_the_gate_has_a_line_only_where_it_fails(home, lines, monkeypatch):
    key = home.key()
    key.get("/v1/accounts/zhang/may/live")
    assert lines() == []
    monkeypatch.setattr(home.web.state.gate, "read", None)
    key.get("/v1/accounts/zhang/may/live")
    assert [(line["route"], line["status"]) for line in lines()] == [("/v1/accounts/{account}/may/{capability}", 500)]


def test_lines_are_json_with_the_ids_of_what_is_at_hand_and_no_words_of_a_fault(capsys):
    record = logging.LogRecord("shiming.x", logging.ERROR, "f.py", 1, "stumbled: %s", ("kind",), None)
    try:
        raise ValueError(f"张合格 {NUMBER}")
    except ValueError as fault:
        record.exc_info = (type(fault), fault, fault.__traceback__)
    CURRENT.set(Current("0123456789abcdef", "ver_1"))
    line = json.loads(logs.Json().format(record))
    assert (line["message"], line["level"], line["fault"]) == ("stumbled: kind", "error", "ValueError")
    assert (line["request_id"], line["verification_id"]) == ("0123456789abcdef", "ver_1")
    for form in (logs.Json(), logs.Text()):
        assert NUMBER not in form.format(record) and "张" not in form.format(record)
        assert "\n" not in form.format(record)
    CURRENT.set(None)
    with at_work("ver_2"):
        assert json.loads(logs.Json().format(record))["verification_id"] == "ver_2"
    assert "verification_id" not in json.loads(logs.Json().format(record))


def test_a_text_line_holds_one_record_whatever_is_in_it():
    record = logging.LogRecord("x", logging.ERROR, "f.py", 1, "one\n2026 ERROR shiming: two", (), None)
    assert "\n" not in logs.Text().format(record)


def test_a_log_that_nobody_takes_holds_no_request_up(monkeypatch):
    class Stuck:
        def write(self, _):
            raise AssertionError("written on the request's thread")

    monkeypatch.setattr(logs, "KEPT_LINES", 3)
    monkeypatch.setattr(logs.Writer, "_run", lambda self: None)
    writer = logs.Writer(Stuck())
    writer.setFormatter(logs.Text())
    for _ in range(5):
        writer.handle(logging.LogRecord("x", logging.INFO, "f.py", 1, "request", (), None))
    assert (len(writer._lines), writer.lost) == (3, 2)
    writer._lines.clear()


def test_a_choice_that_is_none_is_refused_at_the_start():
    for wrong in ({"log": "xml"}, {"access_log": "some"}):
        with pytest.raises(ValueError, match="must be one of"):
            logs.configure(Settings(**wrong))
