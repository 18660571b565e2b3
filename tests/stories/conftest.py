"""One server for all stories, as `shiming serve` starts it, with the cast's authority photos on record."""

import pytest

from shiming import demo
from shiming.demo import live_side, walk
from shiming.demo.cast import by_slug
from tests import described
from tests.quick_face import quick


@pytest.fixture(scope="session")
def vendor(tmp_path_factory):
    """The vendor server, a process of its own: its address, and the file of sources that names it for the live side."""
    with live_side.vendors(tmp_path_factory.mktemp("vendor")) as there:
        yield there


@pytest.fixture(scope="session")
def server(tmp_path_factory, vendor):
    with demo.server(tmp_path_factory.mktemp("stories"), sources=vendor[1]) as running, quick(running):
        yield running


@pytest.fixture(scope="session", autouse=True)
def as_described():
    """What the API answers to the demo's own client, which most stories go through, is what its document says."""
    ask = walk.ApiClient._ask

    def asked(self, method, path, **more):
        self._http.event_hooks = {"response": [described.hook]}
        return ask(self, method, path, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(walk.ApiClient, "_ask", asked)
        yield


@pytest.fixture(scope="session")
def results(server):
    """The whole cast, sent once; by slug."""
    return {result.person.slug: result for result in demo.send_all(server)}


@pytest.fixture(scope="session")
def api(server):
    return server.api()


@pytest.fixture(scope="session")
def http(server):
    """The door without manners: answers of any status come back as they are."""
    import httpx

    with httpx.Client(
        base_url=f"{server.address}/v1", headers={"Authorization": f"Bearer {server.key}"}, timeout=60,
        event_hooks={"response": [described.hook]},
    ) as c:
        yield c


@pytest.fixture
def hege():
    """张合格, who simply passes."""
    return by_slug("hege")
