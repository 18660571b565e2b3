"""How many of the codes that each vendor documents mean one thing in our contract: n of n.

    python -m bench.codes

What is documented stands in the vendor server's tables, what it means in those of the adapters: each is written apart.
"""

from collections.abc import Callable, Iterator

from shiming.providers.vendors import alipay as alipay_codes
from shiming.providers.vendors.codes import Codes
from shiming.vendor_server import alibaba, alipay, tencent

Pairs = list[tuple[str, str]]


def documented(vendor: str) -> dict[str, Pairs]:
    """(action, code), by where the vendor has it: results of actions, faults of a product, faults of every action."""
    if vendor == "alipay":
        return {"every": [("", code) for code in alipay.rows()]}
    side, faults = {"tencent": (tencent, tencent.TABLE["errors"]),
                    "alibaba": (alibaba, alibaba.TABLE["codes"])}[vendor]  # fmt: skip
    actions = [name for name, row in side.TABLE["action"].items() if "results" in row]
    known = {code for table in faults.values() for code in table}
    results = [(name, code) for name in actions for code in side.rows(name) if code not in known]
    found = {"results": results}
    for product, table in faults.items():
        found[product] = [(name, code) for code in table for name in actions if code in side.rows(name)]
    return found


def meaning(vendor: str) -> Callable[[str, str], str]:
    """What an action's code means to us; empty: nothing."""

    def told(action: str, code: str) -> str:
        if vendor == "alipay":
            return alipay_codes.meaning(code).removeprefix("unknown")
        found = Codes(vendor).find(action, code)
        return found.value if found else ""

    return told


def counted(vendor: str) -> Iterator[tuple[str, int, int]]:
    """Where it is documented, how many codes there are, how many of them are understood of every action."""
    told = meaning(vendor)
    for group, pairs in documented(vendor).items():
        of = {pair if group == "results" else pair[1:]: True for pair in pairs}
        for pair in pairs:
            of[pair if group == "results" else pair[1:]] &= bool(told(*pair))
        yield group, len(of), sum(of.values())


def main() -> None:
    for vendor in ("tencent", "alibaba", "alipay"):
        rows = list(counted(vendor))
        print(f"{vendor}: {sum(row[2] for row in rows)} of {sum(row[1] for row in rows)} documented codes mapped: "
              + ", ".join(f"{group} {mapped} of {many}" for group, many, mapped in rows))  # fmt: skip


if __name__ == "__main__":
    main()
