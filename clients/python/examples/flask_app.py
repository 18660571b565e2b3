"""A platform in Flask: "go live" asks the gate, the holder verifies on Shiming's pages, a webhook tells the end.

SHIMING_URL, SHIMING_KEY and SHIMING_WEBHOOK_SECRET say where and by what; `flask --app flask_app run`.
"""

import os

from flask import Flask, redirect, request
from shiming_client import Shiming, ShimingError, webhooks

app = Flask(__name__)
api = Shiming()  # one for the whole process: threads share it
seen: set[str] = set()  # of deliveries: yours are in a table


def account() -> str:
    return request.headers["X-User"]  # who is signed in with you


@app.post("/live")
def go_live():
    gate = api.check_capability(account(), "live")
    if gate.allowed:
        return {"live": True}
    return {"live": False, "verify": gate.verify_url}, 403


@app.post("/verify")
def verify():
    made = api.create_verification(account=account(), level="basic", return_url="https://your.app/me")
    return redirect(made.url, 303)


@app.post("/hooks/shiming")
def told():
    try:
        event = webhooks.verify(request.get_data(), request.headers, os.environ["SHIMING_WEBHOOK_SECRET"])
    except webhooks.NotOurs as why:
        return str(why), 400
    if event.id not in seen:  # a delivery comes again when our answer was lost
        app.logger.warning("%s %s", event.type, dict(event.data))
    seen.add(event.id)
    return "", 204


@app.errorhandler(ShimingError)
def refused(fault: ShimingError):
    status = 422 if 400 <= fault.status < 500 else 503
    return {"code": fault.code, "detail": fault.detail, "id": fault.request_id}, status
