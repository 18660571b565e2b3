"""Requests of this process, counted by route and status. The event loop alone counts, so nothing is locked."""

from bisect import bisect_left
from collections.abc import Iterator

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


class Requests(Collector):
    """Routes are templates (`/v1/verifications/{id}`), never addresses, so there are as many as there are routes."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str, int], int] = {}
        self._times: dict[str, list[float]] = {}

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request; `seconds` until its answer began."""
        key = (method if method in METHODS else "other", route, status)
        self._counts[key] = self._counts.get(key, 0) + 1
        times = self._times.get(route)
        if times is None:
            times = self._times.setdefault(route, [0.0] * (len(BOUNDS) + 2))
        times[bisect_left(BOUNDS, seconds)] += 1
        times[-1] += seconds

    def collect(self) -> Iterator[Metric]:
        count = CounterMetricFamily(
            "shiming_requests", "Requests answered, by route and status.", labels=("method", "route", "status")
        )
        for (method, route, status), made in list(self._counts.items()):
            count.add_metric((method, route, str(status)), made)
        yield count
        times = HistogramMetricFamily("shiming_request_seconds", "Until an answer began.", labels=("route",))
        for route, kept in list(self._times.items()):
            times.add_metric((route,), _buckets(kept), kept[-1])
        yield times


def _buckets(kept: list[float]) -> list[tuple[str, float]]:
    made, total = [], 0.0
    for bound, count in zip((*BOUNDS, float("inf")), kept, strict=False):
        total += count
        made.append((floatToGoString(bound), total))
    return made


REQUESTS = Requests()
