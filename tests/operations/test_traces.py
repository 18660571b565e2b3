"""Traces (issue 16): one request and all that is done for it, in every process, and nothing that names a person."""

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shiming.errors import BadInput
from shiming.settings import Settings
from shiming.telemetry import traces
from tests.account.application import SHORT, ZHANG
from tests.operations.house import SECONDS, opened, set_environment

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
GIVEN = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}


class Collector:
    """An OTLP collector on loopback: what it was sent, as text, and spans as (trace, name)."""

    def __init__(self):
        self.bodies: list[bytes] = []
        this = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self):
                this.bodies.append(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.place = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def spans(self) -> list[tuple[str, str]]:
        found = []
        for body in self.bodies:
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                for scope in resource.scope_spans:
                    found += [(span.trace_id.hex(), span.name) for span in scope.spans]
        return found


@pytest.fixture
def collector():
    made = Collector()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def kept():
    """Spans of this process, in memory."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    traces.use(provider)
    yield exporter
    traces.use(None)


def test_a_request_goes_on_its_callers_trace_and_names_nobody(tmp_path, kept):
    with opened(Settings(data=str(tmp_path))) as home:
        made = home.verify("zhang-channel", ZHANG, level="basic")
        answer = home.http.get(f"/v1/verifications/{made['id']}", headers={**GIVEN, "authorization": "Bearer none"})
        assert answer.status_code == 401
    spans = kept.get_finished_spans()
    last, names = spans[-1], {span.name for span in spans}
    assert (f"{last.context.trace_id:032x}", last.name) == (TRACE, "GET /v1/verifications/{id}")
    assert {"POST /v1/verifications", "POST /v1/verifications/{id}/submit", "source authority"} <= names
    (submit,) = [span for span in spans if span.name == "POST /v1/verifications/{id}/submit"]
    assert submit.attributes["http.response.status_code"] == 202
    assert submit.attributes["shiming.verification"] == made["id"]
    told = "".join(span.to_json() for span in spans)
    assert not [word for word in (ZHANG.name, ZHANG.number, "zhang-channel", home.keys["platform"]) if word in told]


def test_of_a_fault_only_its_kind_is_told(kept):
    with pytest.raises(ValueError, match="secret"), traces.span("picture card"):
        raise ValueError("secret 张合格")
    (span,) = kept.get_finished_spans()
    assert (span.status.description, span.attributes["error.type"]) == ("ValueError", "ValueError")
    assert "secret" not in span.to_json() and span.events == ()


def test_what_a_worker_does_hangs_on_the_request_that_queued_it(tmp_path, kept, collector, monkeypatch):
    """From the door to the source, over two processes and the queue between them."""
    settings = Settings(data=str(tmp_path / "data"))
    with opened(settings, real_queue=True) as home:
        id = home.post("/verifications", {"account": "li", "level": "basic"})["id"]
        home.hand_in(id, SHORT, "basic")
        key = {"authorization": f"Bearer {home.keys['platform']}"}
        assert home.http.post(f"/v1/verifications/{id}/submit", headers={**GIVEN, **key}).is_success
        set_environment(monkeypatch, settings, traces=f"http://{collector.place}", private_hosts=collector.place)
        worker = subprocess.Popen([sys.executable, "-m", "tests.operations.upgraded_worker"], stdin=subprocess.PIPE,
                                  cwd=Path(__file__).parents[2])  # fmt: skip
        home.until(lambda: home.state(id) == "approved", worker)
        worker.communicate(timeout=SECONDS)
    names = {name for trace, name in collector.spans() if trace == TRACE}
    assert {"verify", "consult", "conclude", "source authority"} <= names
    assert not [word for word in (SHORT.name, SHORT.number) if word.encode() in b"".join(collector.bodies)]


def test_without_what_sends_them_the_setting_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(BadInput, match=r"shiming\[traces\]"):
        traces.begin("http://127.0.0.1:4318", "http")
    assert not traces.on()
