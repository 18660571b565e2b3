"""Every POST that takes an Idempotency-Key survives a crash between its last transaction and its answer.

Stories of other folders are told again; after each request the server dies, and the client asks again.
"""

import pytest

from tests.account import test_hold_appeals, test_holds, test_places, test_erasure, test_factors, test_takeover
from tests.account.house import house as people
from tests.house import house
from tests.risk import test_events, test_policy_life
from tests.risk.watchtower import watchtower
from tests.security.crashing import POSTS, crashing


def told(opened, stories):
    tried = set()
    for n, story in enumerate(stories):
        with opened(n) as home, crashing() as some:
            story(home)
            tried |= some
    return tried


if __name__ == "__main__":
    import time, logging

    logging.disable(50)
    import pathlib, tempfile, traceback, sys

    tried = set()

    def go(opened, mod, arg):
        import inspect

        for name, f in vars(mod).items():
            if name.startswith("test_") and list(inspect.signature(f).parameters) in (
                ["house"],
                ["plain"],
                ["office"],
                ["tower"],
                ["home"],
            ):
                with tempfile.TemporaryDirectory() as d:
                    try:
                        with opened(pathlib.Path(d), "") as home, crashing() as some:
                            f(home)
                        print(time.strftime("%T"), "ok", mod.__name__, name, sorted(some - tried))
                        tried.update(some)
                    except Exception as e:
                        print(time.strftime("%T"), "FAIL", mod.__name__, name, repr(e)[:600])
                        if "-v" in sys.argv:
                            traceback.print_exc()

    for m in (test_hold_appeals, test_holds, test_places, test_erasure, test_factors, test_takeover):
        go(people, m, 0)
    for m in (test_policy_life, test_events):
        go(watchtower, m, 0)
    print(time.strftime("%T"), "left", [r.path for r in POSTS if r.path not in tried])
