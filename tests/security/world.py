"""Somebody of every role, and one of everything that a call can be about."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from shiming.review.roles import ROLES
from tests.application import Application
from tests.security.inputs.calls import Call

FACTS = {"account_name": "张", "name": "张合格", "number": "170213199103140138", "prompt_seen": "账号被限制",
         "device_model": "phone", "app_version": "9.1", "contact": "mail@example.test"}  # fmt: skip
KEYS = ("platform", "reviewer", "support", "operator")


@dataclass
class World:
    """An application with things in it. `who`: the headers by which each role is known; `ids`: things by their path."""

    home: Application
    portal: Any
    who: dict[str, dict[str, str]] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    made: int = 0

    def settle(self) -> "World":
        """Let everybody in who is not in yet."""
        self.who["nobody"] = {}
        for role in KEYS:
            self.who[role] = {"authorization": self.home.key(role, role).headers["authorization"]}
        for role in ROLES:
            person = self.home.person(role.replace("_", "-"), role)
            cookies = "; ".join(f"{c.name}={c.value}" for c in person.cookies.jar)
            self.who[f"staff {role}"] = {"cookie": cookies, "x-csrf": person.headers["x-csrf"]}
        return self.renew()

    def renew(self) -> "World":
        """New things, where calls have ended the old ones."""
        self.made += 1
        account, one = f"zhang-{self.made}", lambda path, body=None: self.send("POST", f"/v1{path}", "platform", body)
        made = one("/verifications", {"account": account, "level": "basic"})
        held = one(f"/accounts/{account}/holds", {"reason": "violation_fraud", "requirements": ["review"]})["holds"][0]
        appeal = one(f"/accounts/{account}/holds/{held['id']}/appeals")
        ticket = one("/tickets", {"account": account, "topic": "result_unclear", "text": "为什么"})
        one(f"/appeals/{appeal['id']}/pieces/facts", FACTS)
        upload = one(f"/appeals/{appeal['id']}/uploads", {"size": 100})
        cases = [each["id"] for each in self.send("GET", "/console/api/cases", "reviewer")["items"]]
        self.who["holder"] = {"authorization": f"Bearer {made['token']}"}
        self.who["account"] = {"authorization": f"Bearer {self._in(account)}"}
        self.ids = {"account": account, "verifications": made["id"], "hold": held["id"], "holds": held["id"],
                    "appeals": appeal["id"], "appeal": appeal["id"], "tickets": ticket["id"], "uploads": upload["id"],
                    "upload": upload["id"], "v": made["id"], "me": self.account, "version": "default-1",
                    "capability": "live", "cases": cases[-1] if cases else "cas_1", "piece": "identity"}  # fmt: skip
        return self

    def _in(self, account: str) -> str:
        """The secret of somebody who has come into the account's own pages."""
        way = self.send("POST", f"/v1/accounts/{account}/me", "platform", {})
        self.account, secret = way["for"], way["url"].partition("#")[2]
        return self.send("POST", f"/me/{way['for']}/open", "nobody", {"link": secret, "framed": True})["secret"]

    def send(self, method: str, path: str, role: str, body: Any = None) -> Any:
        """A call that has to succeed."""
        headers = {**self.who[role], "content-type": "application/json"}
        content = b"" if body is None else json.dumps(body).encode()
        status, _, said = self.portal.call(send, self.home.web, method, path, "", headers, content)
        assert status < 300, (path, status, said[:300])
        return json.loads(said)

    def aimed(self, call: Call) -> Call:
        """The call at things that are there."""
        kind = [*call.template.split("/"), ""][2 if call.template.startswith(("/v1", "/console")) else 1]
        for name in call.path:
            known = self.ids.get(name) or self.ids.get(kind if name == "id" else name)
            call = call.put(("path", name), known or call.path[name])
        return call


async def send(
    web: Any, method: str, raw: str, query: str, headers: dict[str, Any], body: bytes
) -> tuple[int, dict, bytes]:
    """One request as a server hands it over: the path decoded as servers do, the client gone once it has sent all."""
    lines = [(name.encode("latin-1"), value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass"))
             for name, value in {"host": "console.test", **headers}.items()]  # fmt: skip
    scope = {
        "type": "http", "http_version": "1.1", "method": method, "scheme": "https",
        "path": unquote(raw, errors="replace"),
        "raw_path": raw.encode(), "query_string": query.encode("utf-8", "surrogatepass"), "headers": lines,
        "client": ("192.0.2.1", 1), "server": ("console.test", 443), "root_path": "", "state": {},
    }  # fmt: skip
    coming = iter([{"type": "http.request", "body": body, "more_body": False}])
    status, answered, said = [0], {}, bytearray()

    async def receive():
        return next(coming, {"type": "http.disconnect"})

    async def sent(message):
        if message["type"] == "http.response.start":
            status[0] = message["status"]
            answered.update({k.decode(): v.decode("latin-1") for k, v in message["headers"]})
        else:
            said.extend(message.get("body", b""))

    await web(scope, receive, sent)
    return status[0], answered, bytes(said)
