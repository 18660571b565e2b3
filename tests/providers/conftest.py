"""The local vendor server, and adapters that know it."""

import pytest

from shiming.addresses import Allowed
from shiming.egress import Egress
from shiming.providers.calling import Caller
from shiming.providers.identity.alipay import Alipay
from shiming.providers.terms import Secret
from shiming.vendor_server.server import KEY_ID, SECRET, serving

HERE = Egress(Allowed.of("127.0.0.1"))


@pytest.fixture(scope="session")
def vendor():
    """Its address, and what it notes."""
    with serving(hang_seconds=8.0) as one:
        yield one


@pytest.fixture
def adapter(vendor):
    """Makes one that asks the vendor server: `adapter(Tencent, factors=3)`."""

    def made(kind, read_seconds=10.0, secret=SECRET, **options):
        call = Caller("vendor", 1.0, read_seconds, HERE)
        return kind("vendor", call=call, key_id=KEY_ID, secret=Secret(secret), endpoint=vendor[0], **options)

    return made


@pytest.fixture(scope="session")
def party(vendor):
    """Alipay's adapter, which knows the vendor server."""
    address, server = vendor
    keys = Secret(server.alipay.private_key()), server.alipay.public_key()
    call = Caller("alipay", 2.0, 10.0, HERE)
    return Alipay("alipay", call, server.alipay.app_id, *keys, gateway=f"{address}/gateway.do")
