"""Odd inputs are answered with what is wrong with them, never with a fault of ours (issue 11, row 10).

张合格's platform has bugs: it cuts names in the middle of an emoji, sends .NET's default date, NaN, lists where words
belong. Strangers send worse on purpose, without any key. Each of these was a 500 "please try again".
"""

import base64
import gzip
import json

import pytest
from fastapi.testclient import TestClient

from tests.security.processes.whole import whole

JSON = {"content-type": "application/json"}
AT = 1_763_600_000_000
HOLDS = "/v1/accounts/zhang-hege/holds"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def home(request, tmp_path_factory):
    """One house for all: nothing that is refused changes anything."""
    folder = tmp_path_factory.mktemp("inputs")
    if request.param == "sqlite":
        with whole(folder) as made:
            yield made
        return
    from tests import throwaway_postgres as postgres

    server = request.getfixturevalue("postgres_server")
    postgres.order(server, 'CREATE DATABASE "inputs" TEMPLATE template0')
    with whole(folder, postgres.url(server, "inputs")) as made:
        yield made
    postgres.order(server, 'DROP DATABASE "inputs" WITH (FORCE)')


@pytest.fixture(scope="module")
def platform(home):
    return home.key()


@pytest.fixture(scope="module")
def verification(platform):
    return platform.post("/v1/verifications", json={"account": "zhang-hege", "level": "basic"}).json()


@pytest.fixture(scope="module")
def stranger(home):
    """Somebody without any key."""
    return TestClient(home.web)


def refused(answer, field: str | None = None, status: int = 422) -> dict:
    """What stands against it: a problem that names the field."""
    assert answer.status_code == status, answer.text[:300]
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    if field is not None:
        assert field in [each["field"] for each in said["fields"]], said
    return said


def event(**more) -> bytes:
    """An event of 张合格's, with what is wrong written as JSON."""
    given = {"id": '"evt-1"', "account": '"zhang-hege"', "type": '"login"', "at": str(AT), **more}
    return ("{" + ",".join(f'"{name}":{value}' for name, value in given.items()) + "}").encode()


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/v1/verifications", rb'{"account":"zhang\u0000hege"}', "account"),
        ("/v1/verifications", rb'{"account":"zhang \ud83d"}', "account"),
        ("/v1/verifications", b'{"account":"zhang","account":"li"}', "account"),
        (HOLDS, b'{"reason":"login_risk","because":{"values":{"km":NaN}}}', "because.values.km"),
        (HOLDS, b'{"reason":"login_risk","because":{"values":{"km":-Infinity}}}',
         "because.values.km"),
        (HOLDS, b'{"reason":"login_risk","because":{"values":{"km":1e400}}}',
         "because.values.km"),
        (HOLDS, b'{"reason":"login_risk","because":{"values":{"km":%s}}}' % (b"9" * 5000),
         "because.values.km"),
        (HOLDS, b'{"reason":"login_risk","because":{"since":%s}}' % (b"9" * 18),
         "because.since"),
        (HOLDS, rb'{"reason":"login_risk","because":{"events":["a","\u0000"]}}',
         "because.events.1"),
        ("/v1/events", b'{"events":[' + event() + b"," + event(device=r'"\udc00"') + b"]}", "events.1.device"),
        ("/v1/events", event(device=r'"\u0000"'), "device"),
        ("/v1/events", b"[" * 100_000, "body"),
        ("/v1/events", b'{"a":' * 40 + b"1" + b"}" * 40, "body"),
        ("/v1/events", '{"id":"evt"}'.encode("utf-16"), "body"),
        ("/v1/events", b'{"id":"\xff"}', "id"),
        ("/v1/events", b'{"id":"\xed\xa0\x80"}', "id"),
        ("/v1/events", b'\xff{"id":"evt"}', "body"),
        ("/v1/events", b"", "body"),
    ],
    ids=["NUL", "half an emoji", "a key twice", "NaN", "infinity", "1e400", "5,000 digits", "a time far off",
         "NUL in a list", "in a batch", "NUL in an event", "100,000 brackets", "deep", "UTF-16", "no UTF-8",
         "a surrogate's bytes", "no UTF-8 outside", "nothing"],
)  # fmt: skip
def test_what_no_store_can_hold_is_refused_by_the_name_of_its_field(platform, path, body, field):
    refused(platform.post(path, content=body, headers=JSON), field)


@pytest.mark.parametrize(
    "at", ['"0001-01-01T00:00:00+08:00"', '"9999-12-31T23:59:59-08:00"', "1e17", '"2026-11-20T23:59:60Z"']
)
def test_times_at_the_end_of_the_calendar_are_no_times(platform, at):
    """.NET's default date, and its end of time, fall off the calendar when they are taken to UTC."""
    assert "event.at" in refused(platform.post("/v1/events", content=event(at=at), headers=JSON))["detail"]


@pytest.mark.parametrize(("field", "value"), [("type", '["login"]'), ("type", "{}"), ("account", "[]"),
                                              ("device", "{}"),
                                              ("id", "true"), ("account_kind", "[1]")])  # fmt: skip
def test_a_list_where_a_word_belongs_is_named(platform, field, value):
    assert (
        f"event.{field}"
        in refused(platform.post("/v1/events", content=event(**{field: value}), headers=JSON))["detail"]
    )


def test_frame_times_of_five_thousand_digits_are_no_times(platform, verification):
    path, frame = f"/v1/verifications/{verification['id']}", {"frames": ("a.jpg", b"x", "image/jpeg")}
    platform.post(f"{path}/consent", json={"face": True}).raise_for_status()
    for times in ("9" * 5000, "9" * 1500, "0," * 900, "²", "\0"):
        answer = platform.post(f"{path}/evidence/face", data={"challenge": "cha_1", "times_ms": times}, files=frame)
        assert answer.status_code in (409, 422), answer.text


@pytest.mark.parametrize("path", ["/v1/verifications?account=%00", "/v1/verifications?after=%00",
                                  "/v1/flags?account=%00",
                                  "/v1/verifications?state=%FF", "/v1/verifications?%00=1",
                                  "/v1/accounts/a%00b/standing",
                                  "/v1/accounts/zhang-hege/inbox?after=%00", "/v1/accounts/a%00b/may/live",
                                  "/v1/accounts/zhang-hege/may/li%00ve",
                                  f"/v1/verifications?after={'a' * 9000}"])  # fmt: skip
def test_an_address_holds_no_nul_either(platform, path):
    """The gate's path, which is answered before the framework sees it, is none the less behind the same check."""
    refused(platform.get(path), status=414 if len(path) > 8000 else 422)


def test_numbers_in_addresses_are_bounded(home, platform):
    reviewer = home.key("reviewer", "wang")
    refused(reviewer.get(f"/console/api/cases?after={10**20}"), "after")
    refused(platform.get("/v1/verifications?limit=1e1"), "limit")
    refused(platform.patch("/v1/uploads/upl_1", headers={"upload-offset": "9" * 30}), "upload-offset")


def test_a_stranger_signs_a_launch_with_what_is_no_signature(platform, stranger, verification):
    """Unauthenticated: comparing texts in constant time raises where one of them is not ASCII."""
    platform.post("/v1/clients", json={"name": "android", "min_version": "1.0"}).raise_for_status()
    said = {"client": "android", "version": "1", "for": verification["id"], "until": 1}
    text, secret = _coded(json.dumps(said).encode()), verification["url"].partition("#")[2]
    for launch in (f"{text}.é", "é", _coded(b"[" * 4000), _coded(b'{"until":' + b"9" * 5000 + b"}"), _coded(b"\xff")):
        answer = stranger.post(f"/v/{verification['id']}/open", json={"link": secret, "launch": launch})
        assert answer.status_code in (403, 422), launch[:40]
        assert stranger.post(f"/v/{verification['id']}/basic/{secret}?launch={launch}").status_code in (403, 414)


def test_a_stranger_comes_back_from_elsewhere_with_a_state_that_is_no_ascii(home, platform):
    made = platform.post("/v1/verifications", json={"account": "back", "level": "basic"}).json()
    holder = TestClient(home.web, cookies={f"shiming_{made['id']}": made["token"]}, follow_redirects=False)
    assert holder.post(f"/v/{made['id']}/external/go").status_code == 200
    assert holder.get(f"/v/{made['id']}/external/back?state=é").status_code == 303


@pytest.mark.parametrize("header", [("origin", "http://["), ("host", "["), ("host", "a b"),
                                    ("content-length", "9" * 5000),
                                    ("content-type", "application/json; charset=utf-16"),
                                    ("cookie", "a\0b")])  # fmt: skip
def test_headers_that_mean_nothing_are_refused(platform, verification, header):
    for path in (f"/v/{verification['id']}/basic/piece/consent", "/v1/verifications"):
        answer = platform.post(path, content=b'{"account":"zhang-hege"}', headers={**JSON, header[0]: header[1]})
        assert answer.status_code < 500, answer.text


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "identity, gzip", "GZIP"])
def test_a_compressed_body_is_told_from_a_wrong_one(platform, encoding):
    body = gzip.compress(b'{"account":"zhang-hege"}')
    answer = platform.post("/v1/verifications", content=body, headers={**JSON, "content-encoding": encoding})
    refused(answer, "content-encoding")
    plain = {**JSON, "content-encoding": "identity"}
    assert platform.post("/v1/verifications", content=b'{"account":"zhang-hege"}', headers=plain).is_success


@pytest.mark.parametrize("kind", ["text/plain", "text/json", "", "application/x-www-form-urlencoded", "a/b, c/d"])
def test_a_body_that_is_not_said_to_be_json_is_told_from_a_wrong_one(platform, kind):
    """"Input should be a valid dictionary", said their answer, and it was one."""
    answer = platform.post("/v1/verifications", content=b'{"account":"zhang-hege"}', headers={"content-type": kind})
    refused(answer, "content-type")


@pytest.mark.parametrize("charset", ["gbk", "GB18030", '"utf-16"', "big5"])
def test_json_in_another_charset_is_not_read_as_other_words(platform, charset):
    """一 in GBK is the Cyrillic һ in UTF-8: it was kept as that."""
    kind = {"content-type": f"application/json; charset={charset}"}
    refused(platform.post("/v1/verifications", content='{"account":"一"}'.encode("gbk"), headers=kind), "content-type")
    assert platform.post("/v1/verifications", content=b'{"account":"zhang-hege"}', headers=kind).is_success


@pytest.mark.parametrize("charset", ["utf-8", "UTF8", "iso-8859-1", "us-ascii", ""])
def test_json_is_utf_8_under_labels_of_habit(platform, charset):
    kind = {"content-type": f"application/json; charset={charset}"}
    sent = platform.post("/v1/verifications", content='{"account":"张合格"}'.encode(), headers=kind)
    assert sent.json()["account"] == "张合格"


@pytest.mark.parametrize(("query", "name"), [
    ("limit=5&limit=6", "limit"), ("account=zhang-hege&account=li", "account"), ("state=open&st%61te=open", "state"),
    ("limit=5&&limit=5", "limit"), ("account&account=zhang-hege", "account"),
])  # fmt: skip
def test_a_value_that_is_asked_for_twice_is_not_chosen_silently(platform, query, name):
    refused(platform.get(f"/v1/verifications?{query}"), name)


def test_staff_sign_in_by_names_that_cannot_be_kept(stranger):
    for name in (r"\u0000", r"\ud800"):
        body = f'{{"name":"{name}","password":"x","code":"123456"}}'
        refused(stranger.post("/console/api/session", content=body, headers=JSON), "name")


@pytest.mark.parametrize("charset", ["idna", "unicode_escape", "punycode", "utf-7", "nothing"])
def test_a_forms_text_is_utf_8(platform, verification, charset):
    body = b'--x\r\nContent-Disposition: form-data; name="challenge"\r\n\r\n\\ud800\xff\r\n--x--\r\n'
    kind = {"content-type": f"multipart/form-data; boundary=x; charset={charset}"}
    refused(platform.post(f"/v1/verifications/{verification['id']}/evidence/face", content=body, headers=kind))


@pytest.mark.parametrize("value", ["%00", "%FF", "%ED%A0%80"])
def test_the_script_free_mode_takes_no_nul_either(home, value):
    made = home.key().post("/v1/verifications", json={"account": "simple", "level": "basic"}).json()
    holder = TestClient(home.web, cookies={f"shiming_{made['id']}": made["token"]}, follow_redirects=False)
    form = {"content-type": "application/x-www-form-urlencoded"}
    answer = holder.post(f"/v/{made['id']}/basic/piece/identity", content=f"name={value}&number=1", headers=form)
    assert answer.status_code == 200 and "<h1>" in answer.text, "the page again, with a notice in words"


@pytest.mark.parametrize("about", [
    b"; filename*=UTF-8''%E5%BC%A0.jpg", b"; FileName* = gbk''%D5%C5.jpg", b"; filename*0=zhang; filename*1=.jpg",
    b"; filename*0*=UTF-8''%E5; filename*1*=%BC%A0.jpg", b"\r\nContent-Type: image/jpeg",
    b"\r\nContent-Type: application/octet-stream", b"; filename=\"\xd5\xc5.jpg\"",
    b"\r\nContent-Type: application/x-jpg", b"\r\nContent-Type: binary/octet-stream", b"\r\nContent-Type: jpg",
    b"; filename*=nothing''a.jpg", b"; filename*=a.jpg.exe", b"; filename*=UTF-8''%2e%2e%2fa",
    b"; filename*=UTF-8''%FF; filename=\"a\\\"b.jpg\"", b"; filename=\xd5\xc5.jpg",
    b"; filename*=GBK''\xd5\xc5.jpg", b"; filename=\"a.jpg\"; filename*=UTF-8''\xd5\xc5.jpg",
    b"; filename*0*=GBK''%D5; filename*1=\"\xc5.jpg\"", b"; filename=\"a\"b\".jpg\"", b"; filename=\"a\0.jpg\"",
    b"; filename=\"\xed\xa0\x80.jpg\"", b"; filename=\"\x95\x5c.jpg\"; size=2", b"; filename=\"a\\\"; name=\\\"b\"",
    b"; FILENAME=\"a.jpg", b"; filename = ", b"; filename*1=b.jpg; filename*0=a",
])  # fmt: skip
def test_a_file_is_a_file_however_it_is_named(platform, verification, about):
    """`filename*` alone (RFC 5987) from Electron and some libraries, in parts (RFC 2231), no name at all, one in the
    bytes of a Chinese Windows. They were taken for texts, or refused."""
    body = b'--x\r\nContent-Disposition: form-data; name="picture"' + about + b"\r\n\r\nab\r\n--x--\r\n"
    kind = {"content-type": "multipart/form-data; boundary=x"}
    answer = platform.post(f"/v1/verifications/{verification['id']}/evidence/handheld", content=body, headers=kind)
    assert answer.json()["code"] in ("not_a_picture", "wrong_state", "not_asked_for"), answer.text


@pytest.mark.parametrize(("kind", "body"), [
    ("image/jpeg", b"\xff\xd8\xff"), ("application/json", b'{"picture":"/9j/"}'), ("", b"ab"),
    ("multipart/mixed; boundary=x", b'--x\r\nContent-Disposition: form-data; name="picture"\r\n\r\nab\r\n--x--\r\n'),
])  # fmt: skip
def test_a_picture_that_is_sent_as_no_form_is_told_so(platform, verification, kind, body):
    """"picture: Field required", said their answer, and it was there."""
    path = f"/v1/verifications/{verification['id']}/evidence/handheld"
    said = refused(platform.post(path, content=body, headers={"content-type": kind}), "content-type")
    assert "multipart/form-data" in said["detail"]


def test_a_text_whose_name_speaks_of_files_is_a_text(platform, verification):
    body = b'--x\r\nContent-Disposition: form-data; name="a; filename*=b"\r\n\r\nab\r\n--x--\r\n'
    kind = {"content-type": "multipart/form-data; boundary=x"}
    answer = platform.post(f"/v1/verifications/{verification['id']}/evidence/handheld", content=body, headers=kind)
    assert "picture" in answer.json()["detail"], answer.text


@pytest.mark.parametrize("sent", ["text", "half", "bytes first"])
def test_a_socket_that_speaks_otherwise_is_closed(home, verification, sent):
    """The guidance expects a secret as text, then frames as bytes; the other kind was a fault of ours."""
    from starlette.websockets import WebSocketDisconnect

    cookies = {} if sent == "bytes first" else {f"shiming_{verification['id']}": verification["token"]}
    with TestClient(home.web, cookies=cookies).websocket_connect(f"/v/{verification['id']}/guide?what=face") as socket:
        socket.send_bytes(b"\0") if sent == "bytes first" else socket.send_text("\ud800" if sent == "half" else "a")
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json()
    assert closed.value.code == 4403


def test_policies_that_are_hardly_toml_say_where(home):
    operator = home.key("operator", "li")
    for text in ("a = " + "9" * 5000, "a = " + "[" * 5000, "name = 'a'\n[limits]\nattempts = nan", "a = 'b\0'"):
        refused(operator.post("/v1/policies/check", json={"text": text}))
    refused(operator.post("/v1/policies/check", content=rb'{"text":"a = \ud800"}', headers=JSON), "text")


def _coded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
