"""Runs under a Python that has PyQtWebEngine: opens a page and goes through steps given as JSON on standard input.

A step is {"name", "until": an expression that becomes true, "then": what is run after that, "shot": a file}. Each is
answered on standard output with a line of JSON; so is every message that the page writes to its console as an error.
"""

import json
import os
import sys

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ["QTWEBENGINE_CHROMIUM_FLAGS"] = "--no-sandbox --disable-gpu --use-fake-device-for-media-stream"
os.environ["QTWEBENGINE_DISABLE_SANDBOX"] = "1"
os.environ.setdefault("QT_QUICK_BACKEND", "software")  # no OpenGL offscreen

from PyQt5.QtCore import QTimer, QUrl
from PyQt5.QtWebEngineWidgets import QWebEnginePage, QWebEngineView
from PyQt5.QtWidgets import QApplication

PATIENCE, BEAT = 30_000, 150  # ms


class Page(QWebEnginePage):
    """A page that allows its camera and repeats what it complains of."""

    def __init__(self, view):
        super().__init__(view)
        self.featurePermissionRequested.connect(
            lambda origin, feature: self.setFeaturePermission(origin, feature, QWebEnginePage.PermissionGrantedByUser)
        )

    def javaScriptConsoleMessage(self, level, message, line, source):
        if level == QWebEnginePage.ErrorMessageLevel:
            say(fault=f"{message} ({source}:{line})")


def say(**what):
    print(json.dumps(what, ensure_ascii=False), flush=True)


class Walk:
    """One step after the other; ends the program after the last, or where one does not come."""

    def __init__(self, view, steps):
        self.view, self.steps, self.waited, self.timer = view, steps, 0, QTimer()
        self.timer.timeout.connect(self.look)
        self.timer.start(BEAT)

    def look(self):
        self.waited += BEAT
        if not self.steps or self.waited > PATIENCE:
            self.timer.stop()
            if self.steps:
                say(missing=self.steps[0]["name"])
            return QTimer.singleShot(300, QApplication.quit)
        step = self.steps[0]
        if "go" in step:
            self.view.load(QUrl(step["go"]))
            return self.done(True)
        self.view.page().runJavaScript(f"!!({step['until']})", self.done)

    def done(self, so):
        if not so or not self.steps:
            return
        step = self.steps.pop(0)
        self.waited = 0
        if step.get("shot"):
            self.view.grab().save(step["shot"])
        say(step=step["name"])
        if step.get("then"):
            self.view.page().runJavaScript(step["then"])


def main():
    program = QApplication([*sys.argv, "--no-sandbox"])
    view = QWebEngineView()
    view.setPage(Page(view))
    view.resize(360, 740)
    view.show()
    walk = Walk(view, json.load(sys.stdin))
    view.page().runJavaScript("navigator.userAgent", lambda agent: say(browser=agent))
    program.exec_()
    return walk


main()
