"""The tuned families: limits and rules may be set looking at these. Cards, fonts and desks are this generator's own."""

from .families import FAMILIES

__all__ = ["FAMILIES"]
