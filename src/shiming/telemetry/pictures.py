"""How long models take to look at pictures, in whichever process asked for it."""

from prometheus_client import Histogram

PICTURES = Histogram(
    "shiming_picture_seconds", "How long a task on pictures took in the process that looked.", ["task"], registry=None,
    buckets=(0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0),
)  # fmt: skip
