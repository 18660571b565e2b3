"""A ticket: a conversation that ends answered or closed."""

from shiming.machine import Machine

MACHINE = Machine(
    "ticket",
    (
        ("open", "write", "open"),
        ("open", "answer", "answered"),
        ("answered", "answer", "answered"),
        ("answered", "write", "open"),
        ("open", "close", "closed"),
        ("answered", "close", "closed"),
        ("closed", "write", "open"),
    ),
)
