"""What Prometheus reads: facts of the database and of the process, on a port of their own (issue 16)."""

import json
import re
import threading
import time
from pathlib import Path

import httpx
import pytest
from sqlalchemy import insert, text

from shiming.settings import Settings
from shiming.store.audit.sequencer import catch_up
from shiming.store.database import id_at, new_id
from shiming.store.tables import authority_calls, deliveries, face_templates, judgements, verifications
from shiming.telemetry.exposition import Exposition, place
from shiming.telemetry.pictures import PICTURES
from shiming.telemetry.requests import REQUESTS
from shiming.workflows import engine
from shiming.workflows.operations import figures
from shiming.workflows.operations.figures import Figures, Latest
from shiming.workflows.operations.follow import WINDOW, Follower
from tests.application import application

ROOT = Path(__file__).parents[2]
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    with application(tmp_path_factory.mktemp("figures")) as made:
        engine.migrate(made.context.database)
        yield made


@pytest.fixture
def served(home):
    """Figures as a server gives them, and a way to read them."""
    counted = Figures(home.context, lambda: {"database": "ok", "disk": "low"})
    exposition = Exposition(("127.0.0.1", 0), [REQUESTS, counted])
    address = f"http://127.0.0.1:{exposition.port}"

    def read() -> dict[str, float]:
        counted._quick._at = float("-inf")
        lines = httpx.get(f"{address}/metrics", timeout=60).text.splitlines()
        return {name: float(value) for name, _, value in (x.rpartition(" ") for x in lines if not x.startswith("#"))}

    yield address, read
    exposition.close()


def test_monitors_ask_by_head_and_other_methods_are_told(served):
    """They were answered 501, as if nobody here knew HEAD."""
    address, _ = served
    for path, status in (("/metrics", 200), ("/", 404)):
        got, asked = (httpx.request(method, f"{address}{path}", timeout=60) for method in ("GET", "HEAD"))
        assert (asked.status_code, asked.content, got.status_code) == (status, b"", status)
        assert asked.headers["content-type"] == got.headers["content-type"]
    for method in ("OPTIONS", "POST", "PUT", "PATCH", "DELETE"):
        answer = httpx.request(method, f"{address}/metrics", timeout=60)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def judged(home, outcome, codes, by="machine", took=2500):
    """A decision, `took` milliseconds after its verification was handed in."""
    now = home.context.now()
    verification = {"id": new_id("ver"), "app": "demo.test", "account": "acc", "level": "basic", "locale": "zh",
                    "state": "approved", "round": 1, "codes": [], "redo": [], "created_at": now,
                    "submitted_at": now - took, "expires_at": now}  # fmt: skip
    row = {"id": new_id("jud"), "app": "demo.test", "account": "acc", "verification": verification["id"], "round": 1,
           "by": by, "outcome": outcome, "codes": codes, "counts": False, "attempts_before": 0, "versions": {},
           "at": now}  # fmt: skip
    return [insert(verifications).values(verification), insert(judgements).values(row)]


def asked(home, outcome, at=None):
    row = {"id": new_id("cal"), "app": "demo.test", "account": "acc", "about": "ver", "round": 1, "question": "record",
           "source": "first", "outcome": outcome, "at": at or home.context.now()}  # fmt: skip
    return insert(authority_calls).values(row)


def write(home, *statements):
    with home.context.database.write() as connection:
        for statement in statements:
            connection.execute(statement)


def test_decisions_and_calls_are_counted_once_each(home, served):
    """By outcome, reason, time and result; a call that is under way is counted when it has ended."""
    _, read = served
    read()
    write(home, *judged(home, "PASS", []), *judged(home, "REJECT", ["session_expired"], took=40_000),
          *judged(home, "WAIT", ["not_in_the_catalogue"]), *judged(home, "PASS", [], by="lin"),
          asked(home, "answered"), asked(home, "unsure"), asked(home, "sent"), asked(home, "sent", at=1))  # fmt: skip
    for _ in range(2):
        said = read()
    assert said['shiming_decisions_total{by="machine",outcome="pass"}'] == 1
    assert said['shiming_decisions_total{by="person",outcome="pass"}'] == 1
    for reason in ("other", "session_expired"):
        assert said[f"""shiming_decision_reasons_total{{reason="{reason}"}}"""] == 1
    assert said['shiming_decision_seconds_count{by="machine",level="basic"}'] == 2
    assert said['shiming_decision_seconds_bucket{by="machine",le="3.0",level="basic"}'] == 1
    results = {k: v for k, v in said.items() if k.startswith("shiming_source_calls_total")}
    assert {k.split('result="')[1].split('"')[0]: v for k, v in results.items()} == {
        "answered": 1, "unsure": 1, "broken_off": 1}  # fmt: skip


def test_queues_audit_faces_and_deliveries_are_read_as_they_are(home, served):
    _, read = served
    now = home.context.now()
    with home.context.database.write() as connection:
        home.context.note(connection, "demo.test", "lin", "tried", "x")
        catch_up(connection, home.context.audit_key, now)
        home.context.note(connection, "demo.test", "lin", "tried", "x")
        for id, status, delay in (("a", "ENQUEUED", None), ("b", "DELAYED", now + 10**10), ("c", "PENDING", None)):
            connection.execute(text(
                "INSERT INTO workflow_status (workflow_uuid, status, queue_name, created_at, updated_at, priority, "
                "delay_until_epoch_ms) VALUES (:id, :status, 'verify', :at, :at, 0, :delay)"),
                {"id": id, "status": status, "at": now - 90_000, "delay": delay})  # fmt: skip
        for number, subject in enumerate(("one", "one", "two", "erased")):
            id = f"ver_{number}"
            connection.execute(insert(verifications).values(
                id=id, app="demo.test", account=f"acc_{number}", level="standard", locale="zh", state="approved",
                round=0, codes=[], redo=[], number_hash=subject, created_at=now, expires_at=now))  # fmt: skip
            connection.execute(insert(face_templates).values(
                app="demo.test", number=number, subject=subject, verification=id, model="m", change=number, at=now,
                sealed_template=None if subject == "erased" else b"x"))  # fmt: skip
        connection.execute(insert(deliveries).values(
            id=id_at("dlv", now), app="demo.test", message="m", endpoint="e", channel="webhook", state="failed",
            tries=9, at=now))  # fmt: skip
    said = read()
    depth = {state: said[f'shiming_queue_depth{{queue="verify",state="{state}"}}'] for state in
             ("ready", "later", "running")}  # fmt: skip
    assert depth == {"ready": 1, "later": 1, "running": 1}
    assert said['shiming_queue_age_seconds{queue="verify"}'] == pytest.approx(90, abs=1)
    trail = [said[f"shiming_audit_{name}"] for name in ("entries", "unsigned_rows", "lag_seconds", "refused_rows")]
    assert trail == [1, 1, 0, 0]
    assert said['shiming_faces_stored{app="demo.test"}'] == 2
    assert said['shiming_deliveries{channel="webhook",state="failed"}'] == 1
    assert said['shiming_part_ready{part="disk"}'] == 0 and said['shiming_part_ready{part="database"}'] == 1


def test_requests_are_counted_by_template_and_never_by_address(home, served):
    _, read = served
    key = home.key()
    for account in ("zhang", "13900001234"):
        key.get(f"/v1/accounts/{account}/may/live")
    key.request("PROPFIND", "/13900001234")
    said = read()
    route = "/v1/accounts/{account}/may/{capability}"
    assert said[f'shiming_requests_total{{method="GET",route="{route}",status="200"}}'] >= 2
    assert said[f'shiming_request_seconds_count{{route="{route}"}}'] >= 2
    assert any(name.startswith('shiming_requests_total{method="other",route="none"') for name in said)
    assert not [name for name in said if "13900001234" in name]


def test_nothing_but_figures_is_on_their_port_and_no_figures_on_the_other(home, served):
    address, _ = served
    assert httpx.get(f"{address}/v1/health", timeout=60).status_code == 404
    assert httpx.post(f"{address}/metrics", timeout=60).status_code == 405
    for path in ("/metrics", "/v1/metrics", "/metrics/"):
        assert home.key().get(path).status_code == 404


def test_the_port_is_off_unless_set_and_on_loopback_unless_said():
    assert place(Settings().metrics_port) is None
    assert place("9464") == ("127.0.0.1", 9464)
    assert place("9464", further=1) == ("127.0.0.1", 9465)
    assert place("0.0.0.0:9464") == ("0.0.0.0", 9464)
    assert place("[::1]:9464") == ("::1", 9464)
    for wrong in ("here", "65536", "0", ":x", "65535"):
        with pytest.raises(ValueError, match="SHIMING_METRICS_PORT"):
            place(wrong, further=int(wrong == "65535"))


def test_a_database_that_hangs_costs_a_scrape_a_moment_and_one_thread(monkeypatch):
    monkeypatch.setattr(figures, "PATIENCE", 0.05)
    free, begun = threading.Event(), []
    latest = Latest(lambda: begun.append(1) or free.wait(10) or ["figure"], fresh=5.0)
    assert [latest.get()[0] for _ in range(3)] == [[], [], []] and len(begun) == 1
    free.set()
    monkeypatch.setattr(figures, "PATIENCE", 10.0)
    assert latest.get()[0] is not None
    latest._said, latest._at = ["old"], time.monotonic() - 1000
    monkeypatch.setattr(latest, "_run", lambda: latest._done.set())
    assert latest.get()[0] == []  # what is too old is not told


def test_a_row_that_appears_late_is_counted_and_none_twice():
    class Seen:
        def __init__(self, id):
            self.id = id

    clock, rows = [1_000.0], []
    follower = Follower(lambda _, after, most: [r for r in rows if r.id > after], "jud", lambda: clock[0])
    made = {ms: Seen(id_at("jud", ms)) for ms in (999_000, 1_001_000, 1_002_000, 1_003_000)}
    rows += [made[999_000], made[1_003_000]]
    clock[0] = 1_003.5
    assert follower.new(None) == [made[1_003_000]]  # and nothing from before it began
    rows += [made[1_001_000]]
    clock[0] = 1_100
    assert follower.new(None) == [made[1_001_000]]
    clock[0] += WINDOW
    assert follower.new(None) == []


def test_dashboard_and_alerts_name_figures_that_there_are(home):
    """A dashboard of names that nobody writes any more shows nothing, and an alert on them never rings."""
    there = {"shiming_build_info"}
    for collector in (REQUESTS, PICTURES, Figures(home.context)):
        for family in collector.collect():
            there |= {family.name + suffix for suffix in SUFFIXES[family.type]}
    folder = ROOT / "deploy" / "observability"
    texts = [path.read_text("utf-8") for path in sorted(folder.iterdir())]
    named = {name for given in texts for name in re.findall(r"\bshiming_[a-z_]+", given)}
    assert named and named <= there
    json.loads((folder / "grafana.json").read_text("utf-8"))


def test_the_same_is_read_from_postgresql(tmp_path, postgres_tables):
    with application(tmp_path, postgres_tables) as home:
        engine.migrate(home.context.database)
        counted = Figures(home.context)
        write(home, *judged(home, "PASS", []), asked(home, "answered"))
        read = {family.name: family.samples for family in [*counted._read(), *counted._count()]}
        assert read["shiming_audit_lag_seconds"][0].value == 0
        assert {s.labels["queue"]: s.value for s in read["shiming_queue_age_seconds"]}["verify"] == 0
        assert next(iter(counted._decisions.collect())).samples[0].value == 1
