"""`python -m shiming.vendor_server [--port N] [--hang SECONDS]`: the server alone; its first line is its address."""

import argparse
import signal
import sys

from shiming import children
from shiming.vendor_server.server import Vendor, made


def main() -> int:
    options = argparse.ArgumentParser(prog="shiming.vendor_server")
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--hang", type=float, default=Vendor.hang_seconds, help="seconds for which 超时 hangs")
    options.add_argument("--parent", type=int, default=0, help="end when this process, which started us, has ended")
    given = options.parse_args()
    if given.parent:
        children.end_with(given.parent)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server = made(Vendor(hang_seconds=given.hang), given.port)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
