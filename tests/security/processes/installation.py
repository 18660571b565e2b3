"""An application in which verifications can be begun, with a simulated authority."""

from contextlib import contextmanager
from dataclasses import replace

from shiming.providers.authority.simulated import Simulated
from tests.application import application


@contextmanager
def opened(folder, url="", **changed):
    """`changed` are other parts, such as `look`."""
    with application(folder, url) as home:
        authorities = (Simulated("first", None, None),)
        home.context = home.web.state.context = replace(home.context, authorities=authorities, **changed)
        yield home
