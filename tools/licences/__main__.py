"""`python -m tools.licences [--check]`: writes docs/licences.md, or says whether it is fresh."""

import sys

from tools.licences.distributions import Unknown
from tools.licences.page import PAGE, text


def main(arguments: list[str]) -> int:
    """0 when the page was written or is fresh, 1 with a message otherwise."""
    try:
        fresh = text().rstrip("\n") + "\n"
    except Unknown as fault:
        print(f"licences: {fault}", file=sys.stderr)
        return 1
    if "--check" in arguments:
        stale = not PAGE.exists() or PAGE.read_text("utf-8") != fresh
        print("licences: docs/licences.md is stale: run `make docs`" if stale else "licences: fresh")
        return int(stale)
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(fresh, "utf-8")
    print(f"licences: wrote {PAGE}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
