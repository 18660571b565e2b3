"""A scripted reviewer at the real console in Chromium, by keyboard alone, with many cases in the store.

    python -m bench.console [--cases 100000] [--each 25] [--save]

Measured is what the reviewer waits for the system: from `n` until the case and all its pictures are drawn, and from
the deciding key until the console says that it is decided. Reading and thinking take no time here. The verifications
are made from what models would have seen, with photos of cards as pictures; server, workers and browser share this
machine.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

from playwright.sync_api import Page, sync_playwright

from bench.review import HOUR, fill, percentile
from shiming import app, demo
from shiming.demo import staff
from shiming.demo.cast import by_slug
from tests import holders
from tests.browser.conftest import DESK, FLAGS

RESULTS = Path(__file__).parent / "results" / "console.json"
DRAWN = """() => document.querySelector('.decide') && document.querySelectorAll('.pictures img').length > 3 &&
    [...document.querySelectorAll('.pictures img')].every((i) => i.complete && i.naturalWidth)"""
DECIDED = "() => !document.querySelector('.decide') && document.querySelector('.undo')"


def waiting(server: demo.Server, cases: int, each: int) -> None:
    """So many cases in the store, of which the most urgent are verifications with real pictures."""
    holders.jpeg = lambda shade: by_slug("hege").picture("front" if shade < 140 else "back")
    with app.command_context(server.settings) as context:
        late = SimpleNamespace(now=lambda: context.now() + 48 * HOUR, database=context.database)
        fill(SimpleNamespace(context=late), cases)
        for n in range(each):
            holders.in_review(SimpleNamespace(context=context), holders.holder(n))


def enter(page: Page, server: demo.Server) -> None:
    (person,) = staff.let_in(server.settings, {"script": ("reviewer",)})
    page.goto(f"{server.address}/console")
    for name, text in (("name", person.name), ("password", person.password), ("code", person.code())):
        page.locator(f"input[name={name}]").fill(text)
    page.keyboard.press("Enter")
    page.locator(".queues .next").wait_for()


def worked(page: Page, each: int) -> dict[str, list[float]]:
    """Case after case: milliseconds waited for the case, for the decision, and for both with all key presses."""
    took: dict[str, list[float]] = {"case": [], "decision": [], "whole": []}
    for _ in range(each):
        began = time.perf_counter()
        took["case"].append(pressed(page, "n", DRAWN))
        page.keyboard.press("/")
        page.keyboard.type("all_agree")
        page.keyboard.press("Enter")
        took["decision"].append(pressed(page, "a", DECIDED))
        took["whole"].append((time.perf_counter() - began) * 1000)
    return took


def pressed(page: Page, key: str, until: str) -> float:
    began = time.perf_counter()
    page.keyboard.press(key)
    page.wait_for_function(until, polling="raf", timeout=60_000)
    return (time.perf_counter() - began) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cases", type=int, default=100_000, help="open ones; as many decided ones come along")
    parser.add_argument("--each", type=int, default=25, help="cases to clear")
    parser.add_argument("--save", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, demo.server(Path(folder)) as server, sync_playwright() as driver:
        waiting(server, 2 * options.cases, options.each + 3)
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        page = browser.new_context(**DESK, locale="zh-CN").new_page()
        enter(page, server)
        worked(page, 3)  # so that nothing is measured that happens once
        took = worked(page, options.each)
        browser.close()
    shown = {f"{name}_ms": {"p50": percentile(ms, 0.5), "p95": percentile(ms, 0.95)} for name, ms in took.items()}
    hour = round(3_600_000 / (sum(took["whole"]) / options.each))
    found = {"open_cases": options.cases, "cleared": options.each, **shown, "cases_per_hour": hour,
             "load_average": [round(n, 1) for n in os.getloadavg()]}  # fmt: skip
    print(json.dumps(found, indent=2))
    if options.save:
        kept = json.loads(RESULTS.read_text("utf-8")) | found  # bench.console_calls keeps its own there
        RESULTS.write_text(json.dumps(kept, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
