"""`python -m tools.chromium83 --qt PYTHON`: the holder's pages in Chromium 83, without a script error.

PYTHON is an interpreter of its own that has the browser, which is measured with and never shipped:

    python3 -m venv /tmp/qt && /tmp/qt/bin/pip install PyQt5 PyQtWebEngine PyQtWebEngine-Qt5==5.15.2

Goes from the link to the face page with the browser's own fake camera, then into my account; says each step that was
reached, and fails where one was not or where the page complained. `--shots FOLDER` keeps what it looked like.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from shiming import demo
from shiming.demo.cast import by_slug
from shiming.demo.walk import ApiClient, hand_in_papers

BROWSER = Path(__file__).with_name("browser.py")
IGNORED = ("Failed to load resource", "Blocked call to navigator.vibrate")
"""Answers that are no success, such as the first 401; and that nobody has really tapped."""


def heading(text: str) -> str:
    return f"(document.querySelector('h1') || {{}}).textContent === '{text}'"


def press(text: str) -> str:
    found = f"[...document.querySelectorAll('button,a')].find((b) => b.textContent.includes('{text}'))"
    return f"{found}.click()"


def card(url: str) -> list[dict]:
    """From the link to the camera that looks for a card."""
    return [
        {"name": "link", "go": url},
        {"name": "intro", "until": heading("确认是您本人"), "then": press("开始")},
        {"name": "consent", "until": heading("要不要刷脸，您来定"), "then": press("同意，刷脸认证")},
        {"name": "card page", "until": heading("拍身份证人像面"), "then": press("打开摄像头")},
        {"name": "card camera", "until": "(document.querySelector('video') || {}).videoWidth > 0"},
        {"name": "card guidance", "until": "document.querySelector('.below').textContent.includes('没有看到身份证')",
         "then": "document.querySelector('.shutter').click()"},
        {"name": "told what is wrong", "until": "document.querySelector('.notice.care')"},
    ]  # fmt: skip


def face(url: str) -> list[dict]:
    """From the page of the face to the camera that looks for one."""
    return [
        {"name": "link again", "go": url},
        {"name": "face page", "until": heading("刷一下脸"), "then": press("准备好了，开始")},
        {"name": "face camera", "until": "(document.querySelector('video') || {}).videoWidth > 0"},
        {"name": "face guidance", "until": "document.querySelector('.hint').textContent.includes('没有看到脸')"},
    ]


def account(url: str) -> list[dict]:
    """My account, from a hold to the pledge that lifts it."""
    return [
        {"name": "my account link", "go": url},
        {"name": "my account", "until": heading("账号有 1 项限制"), "then": press("阅读承诺书")},
        {"name": "pledge", "until": heading("承诺书"), "then": press("我承诺")},
        {"name": "normal", "until": heading("账号一切正常"), "then": "location.hash = '/help'"},
        {"name": "help", "until": heading("帮助中心")},
    ]


def handed_in(api: ApiClient) -> str:
    """Somebody who has handed in all but the face; the link to go on."""
    person, made = by_slug("hege"), api.post("/verifications", {"account": "chromium83"})
    hand_in_papers(api, f"/verifications/{made['id']}", person)
    return made["url"]


def main() -> int:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--qt", required=True, help="a Python that has PyQtWebEngine")
    given.add_argument("--shots", type=Path, help="a folder for pictures of each step")
    chosen = given.parse_args()
    with tempfile.TemporaryDirectory() as folder, demo.server(Path(folder)) as server:
        api = server.api()
        api.post("/accounts/pledger/holds", {"reason": "violation_rumour", "requirements": ["pledge"]})
        mine = api.post("/accounts/pledger/me", {})["url"]
        steps = [*card(api.post("/verifications", {"account": "chromium83-card"})["url"]), *face(handed_in(api)),
                 *account(mine)]  # fmt: skip
        for number, step in enumerate(steps):
            step["shot"] = str(chosen.shots / f"{number:02d}-{step['name']}.png") if chosen.shots else ""
        said = subprocess.run([chosen.qt, str(BROWSER)], input=json.dumps(steps), stdout=subprocess.PIPE, text=True,
                              check=True).stdout  # fmt: skip
    return told([json.loads(line) for line in said.splitlines()])


def told(lines: list[dict]) -> int:
    """Print what was seen; 1 where a step did not come or the page complained."""
    for line in lines:
        print(*(f"{what}: {text}" for what, text in line.items()))
    faults = [line["fault"] for line in lines if "fault" in line and not line["fault"].startswith(IGNORED)]
    return 1 if faults or any("missing" in line for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
