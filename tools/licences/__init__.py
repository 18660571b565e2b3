"""Makes docs/licences.md: the licences of all that Shiming stands on, and of what lies inside it.

`python -m tools.licences` writes the page, `python -m tools.licences --check` says whether it is fresh. Both fail when
a licence is not allowed, or when a wheel brings a library that `bundled.toml` does not know.
"""
