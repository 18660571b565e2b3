"""Children end with their parent, however that ends: no process of ours outlives the one that started it; and each
that is asked to ends in good order.

On Linux the kernel sees to it, even where a child hangs. It goes by the *thread* that started the child: start children
on a thread that lives as long as they do. Elsewhere a thread of the child's looks every second.
"""

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def end_with(parent: int) -> None:
    """Have this process killed when the process `parent`, which started it, ends; at once where it has ended."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    else:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    if os.getppid() != parent:  # it ended before the kernel was told, and somebody else has taken us
        os._exit(1)


def end_with_starter() -> None:
    """The same in a process that `multiprocessing` made; does nothing in any other."""
    starter = multiprocessing.parent_process()
    if starter is not None:
        end_with(starter.pid)


def asked_to_stop() -> threading.Event:
    """What SIGTERM and SIGINT set from here on, for whoever ends in good order. On the main thread."""
    stop = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: stop.set())
    return stop


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)
