"""`shiming gate`: the gate by itself answers as the server beside it, and goes on whatever that one has lost."""

import os
import subprocess
import sys

import httpx
import pytest
from starlette.testclient import TestClient

from shiming import gate_app
from shiming.settings import Settings
from tests.account.application import ZHANG
from tests.account.test_minors import CHILD
from tests.application import free_port
from tests.operations import house

ASKED = ("comment", "live", "withdraw", "no_such_thing")
OTHERS = (("GET", "/v1/accounts/zhang"), ("POST", "/v1/verifications"), ("GET", "/console/"),
          ("GET", "/docs"), ("GET", "/openapi.json"))  # fmt: skip
OF_THE_MOMENT = ("verify_url", "request_id")


@pytest.fixture
def there(tmp_path, request):
    """An installation with somebody grown up, a child and somebody held, and its settings."""
    named = getattr(request, "param", "")
    database_url = request.getfixturevalue(named) if named else ""
    settings = Settings(data=str(tmp_path), database_url=database_url, public_url="https://id.test")
    with house.opened(settings) as home:
        home.verify("zhang", ZHANG, "basic")
        home.verify("child", CHILD, "basic")
        home.post("/accounts/held/holds", {"reason": "login_risk", "capabilities": ["live"]})
        yield home, settings


def said(client, secret: str) -> dict[tuple[str, str], dict]:
    """What the gate says of everybody, without what names the moment."""
    found = {}
    for account in ("zhang", "child", "held", "nobody", "a" * 300):
        for capability in ASKED:
            answer = client.get(
                f"/v1/accounts/{account}/may/{capability}", headers={"Authorization": f"Bearer {secret}"}
            )
            kept = {name: value for name, value in answer.json().items() if name not in OF_THE_MOMENT}
            found[account, capability] = kept | {
                "answered": answer.status_code,
                "link": bool(answer.json().get("verify_url")),
            }
    return found


@pytest.mark.parametrize("there", ["", "postgres_database"], indirect=True)
def test_it_says_what_the_server_says_of_everybody(there):
    """Of a child too, whose sealed age it has to open."""
    home, settings = there
    with TestClient(gate_app.web(settings)) as gate:
        ours = said(gate, home.keys["platform"])
        assert ours == said(home.http, home.keys["platform"])
    assert ours["zhang", "comment"]["allowed"] and not ours["child", "withdraw"]["allowed"]
    assert ours["held", "live"]["holds"] and ours["nobody", "live"]["link"]


@pytest.mark.parametrize(("who", "status"), [(None, 401), ("sk_test_nobody", 401), ("one", 403), ("agent", 403)])
def test_who_may_not_is_told_so(there, who, status):
    home, settings = there
    with TestClient(gate_app.web(settings)) as gate:
        by = {"Authorization": f"Bearer {home.keys.get(who, who)}"} if who else {}
        assert gate.get("/v1/accounts/zhang/may/live", headers=by).status_code == status


def test_a_sister_app_learns_nothing_of_our_accounts(there):
    home, settings = there
    with TestClient(gate_app.web(settings)) as gate:
        by = {"Authorization": f"Bearer {home.keys['sister']}"}
        assert gate.get("/v1/accounts/zhang/may/comment", headers=by).json()["level"] == "none"


def test_it_answers_nothing_else(there):
    home, settings = there
    with TestClient(gate_app.web(settings)) as gate:
        gate.headers["Authorization"] = f"Bearer {home.keys['platform']}"
        for method, path in OTHERS:
            answer = gate.request(method, path)
            assert answer.status_code == 404 and "answers the gate only" in answer.json()["detail"]
        assert gate.head("/v1/accounts/zhang/may/live").status_code == 200
        for method in ("OPTIONS", "POST", "DELETE"):
            answer = gate.request(method, "/v1/accounts/zhang/may/live")
            assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_it_stays_ready_where_servers_are_not(there):
    """No worker lives here: that is nothing to the gate."""
    _, settings = there
    with TestClient(gate_app.web(settings)) as gate:
        answer = gate.get("/v1/ready")
        assert (answer.status_code, answer.json()["parts"]) == (200, {"database": "ok", "keys": "ok"})


@pytest.mark.parametrize("there", ["", "postgres_database"], indirect=True)
def test_the_command_serves_it(there, tmp_path):
    """A process of its own, without a line of the other routes, which ends in good order."""
    home, settings = there
    port = free_port()
    given = {"data": settings.data, "database_url": settings.database_url, "port": str(port)}
    environment = os.environ | {f"SHIMING_{name.upper()}": value for name, value in given.items() if value}
    command = [sys.executable, "-m", "shiming", "gate", "--parent", str(os.getpid())]
    process = subprocess.Popen(command, env=environment)
    try:
        transport = httpx.HTTPTransport(retries=20)  # each waits longer, while the process starts
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", transport=transport, timeout=120) as gate:
            assert said(gate, home.keys["platform"])["zhang", "comment"]["allowed"]
    finally:
        process.terminate()
    assert process.wait(timeout=60) == 0


def test_it_loads_no_routes_and_no_eyes():
    heavy = ("shiming.web.routers", "shiming.web.console", "cv2", "onnxruntime", "openvino")
    text = f"import sys, shiming.gate_app; print([name for name in sys.modules if name in {heavy}])"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
