"""Brings up loopback in a fresh network namespace, makes sure that nothing else leads anywhere, then runs a command.

`unshare --net python tools/setup/loopback.py COMMAND …`. It refuses to run outside a fresh namespace. Linux only.
"""

import fcntl
import os
import socket
import struct
import sys
from pathlib import Path

SIOCGIFFLAGS, SIOCSIFFLAGS = 0x8913, 0x8914  # <linux/sockios.h>
IFF_UP, IFF_LOOPBACK = 0x1, 0x8  # <linux/if.h>
REQUEST = struct.Struct("16sh14x")


def flags(name: str, control: socket.socket) -> int:
    """An interface's flags as the kernel gives them."""
    answer = fcntl.ioctl(control, SIOCGIFFLAGS, REQUEST.pack(name.encode(), 0))
    return int(REQUEST.unpack(answer)[1])


def raise_loopback(control: socket.socket) -> None:
    """Sets `lo` up, as `ip link set lo up` does."""
    fcntl.ioctl(control, SIOCSIFFLAGS, REQUEST.pack(b"lo", flags("lo", control) | IFF_UP))


def ways_out(control: socket.socket) -> list[str]:
    """Interfaces that are up and not loopback, and the interfaces of IPv4 routes; empty in a fresh namespace."""
    up = [name for _, name in socket.if_nameindex() if flags(name, control) & (IFF_UP | IFF_LOOPBACK) == IFF_UP]
    routes = [line.split()[0] for line in Path("/proc/self/net/route").read_text().splitlines()[1:]]
    return sorted({*up, *routes} - {"lo"})


def main(command: list[str]) -> int:
    """Becomes `command`; 1 with a message when there is a way out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        if out := ways_out(control):
            names = ", ".join(out)
            print(f"offline: there is a way out ({names}): start me in a namespace of its own", file=sys.stderr)
            return 1
        raise_loopback(control)
    print(f"── offline: only loopback is up; running {' '.join(command)}", flush=True)
    os.execvp(command[0], command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
