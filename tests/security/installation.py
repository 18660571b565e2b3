"""A house in which verifications can be begun, with a simulated authority."""

from contextlib import contextmanager
from dataclasses import replace

from shiming.providers.authority.simulated import Simulated
from tests.house import house


@contextmanager
def opened(folder, url="", **changed):
    """`changed` are other parts, such as `look`."""
    with house(folder, url) as home:
        authorities = (Simulated("first", None, None),)
        home.parts = home.web.state.parts = replace(home.parts, authorities=authorities, **changed)
        yield home
