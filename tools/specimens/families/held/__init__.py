"""The held-out families: drawn for reporting, never for tuning, and not changed since they were committed.

Their layouts, fonts, grounds, cameras and overlays are made here by other means than the tuned families' and share no
code with them; only the marking 样本 SPECIMEN, unassigned area codes and the check digit's rule are common to all.
"""

from .families import FAMILIES

__all__ = ["FAMILIES"]
