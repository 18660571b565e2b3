"""Pages of docs/ that are made from the code. `python -m tools.docs` writes them all; `--check` names stale ones."""
