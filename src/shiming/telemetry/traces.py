"""Traces by OpenTelemetry: a request, the work that it queued, the models and outside sources asked for it, as one.

Off unless an endpoint is set, and then the price is one comparison per place. A span has a name out of this program,
kinds, codes, counts and ids of ours. It has no address, no account, nothing that was typed, and of a fault its kind
only: what a fault says may name a person.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shiming import __version__
from shiming.errors import BadInput

KINDS = {"server": SpanKind.SERVER, "client": SpanKind.CLIENT, "internal": SpanKind.INTERNAL}
PARENT = b"traceparent"
Fact = str | int | float | bool | None

_tracer: Tracer | None = None


def on() -> bool:
    """Whether anybody collects traces."""
    return _tracer is not None


def begin(endpoint: str, role: str) -> None:
    """Send this process's spans to an OTLP collector (`http://host:4318`), beside the work, some lost where it is down.

    Raises BadInput where what sends them is not installed.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise BadInput("SHIMING_TRACES is set, and what sends traces is not installed: pip install "
                       "'shiming[traces]', or leave the setting empty.") from None  # fmt: skip
    provider = TracerProvider(resource=Resource.create({"service.name": "shiming", "service.version": __version__,
                                                        "shiming.role": role}))  # fmt: skip
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=5)))
    use(provider)


def use(provider: Any) -> None:
    """Have this provider make the spans; None: nobody."""
    global _tracer
    if provider is not None and isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        trace.set_tracer_provider(provider)  # the workflow engine's own spans
    _tracer = provider and provider.get_tracer("shiming", __version__)


def end() -> None:
    """Send what still waits."""
    if flush := getattr(trace.get_tracer_provider(), "force_flush", None):
        flush(2000)


@contextmanager
def span(name: str, kind: str = "internal", given: bytes | None = None, **facts: Fact) -> Iterator[Any]:
    """Time what happens meanwhile, as part of what is under way (or of `given`, another's traceparent); the span, or
    None where nobody collects them. `facts` are its attributes (see `tell`).
    """
    if _tracer is None:
        yield None
        return
    parent = TraceContextTextMapPropagator().extract({"traceparent": given.decode("latin-1")}) if given else None
    with _tracer.start_as_current_span(name, parent, KINDS[kind], record_exception=False,
                                       set_status_on_exception=False) as made:  # fmt: skip
        tell(made, **facts)
        try:
            yield made
        except BaseException as fault:
            made.set_status(Status(StatusCode.ERROR, type(fault).__name__))
            made.set_attribute("error.type", type(fault).__name__)
            raise


def tell(span: Any, **facts: Fact) -> None:
    """Add what is known of it only now: names with `_` for `.`, and `__` for `_`."""
    for name, value in facts.items():
        if value is not None:
            span.set_attribute(name.replace("__", "\0").replace("_", ".").replace("\0", "_"), value)


def here() -> Any:
    """What is under way, for work that is queued and done elsewhere; None where nobody collects."""
    return contexts.get_current() if _tracer is not None else None
