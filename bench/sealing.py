"""What sealing, opening and look-up hashes cost by either suite, and signatures of checkpoints.

    python -m bench.sealing [--seconds 1.0]

One thread, data keys cached, as in a process that works. CPU time; the two suites go by turns.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shiming.store.crypto.lookup import Lookup
from shiming.store.crypto.sealed import MasterKeys, Sealer, open_keys
from shiming.store.crypto.sm2 import Sm2PrivateKey
from shiming.store.crypto.suites import COMMERCIAL, SUITES

SIZES = {"a typed name": 60, "what was seen of a card": 2_000, "a picture": 400_000}


def cost(act: Callable[[], object], seconds: float) -> float:
    """Microseconds of CPU for one."""
    act()
    began, count = time.process_time(), 0
    while (spent := time.process_time() - began) < seconds:
        act()
        count += 1
    return spent / count * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=0.5)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder:
        engine, path = open_keys(f"sqlite:///{folder}/keys.db"), Path(folder, "keys")
        master = MasterKeys.create(path)
        for what, size in SIZES.items():
            for suite in SUITES:
                sealer, plain = Sealer(master, engine, suite=suite, clock=lambda: 0.0), os.urandom(size)
                sealed = sealer.seal("ver_1", "p", plain)
                took = [cost(lambda s=sealer, p=plain: s.seal("ver_1", "p", p), seconds),
                        cost(lambda s=sealer, c=sealed: s.open("ver_1", "p", c), seconds)]  # fmt: skip
                print(f"{what:24} {suite.name:14} seal {took[0]:9.1f} µs   open {took[1]:9.1f} µs   "
                      f"{size / took[0]:7.1f} MB/s")  # fmt: skip
        engine.dispose()
    for suite in SUITES:
        lookup = Lookup({1: os.urandom(32)}, [1] if suite is COMMERCIAL else [])
        took = cost(lambda look=lookup: look.hash("number", "660101199001011234"), seconds)
        print(f"{'a look-up hash':24} {suite.name:14} {took:9.1f} µs")
    note = os.urandom(120)
    for name, key in (("Ed25519", Ed25519PrivateKey.generate()), ("SM2", Sm2PrivateKey.generate())):
        print(f"{'a checkpoint':24} {name:14} {cost(lambda k=key: k.sign(note), seconds):9.1f} µs")


if __name__ == "__main__":
    main()
