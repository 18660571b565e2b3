"""A pretended live platform: what a host app does with Shiming, in one page. Part of the demo, and an example to copy.

Its server asks `POST /v1/accounts/{account}/prompt` before somebody goes live; its page shows the words that come back,
with a link, and a button that opens the same pages in a window of their own by the helper script. "My account" asks
`POST /v1/accounts/{account}/me` and sends the browser to the link that comes back.
"""

import threading
from collections.abc import Sequence
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, urlsplit

import httpx

from shiming.demo.staff import SignIn

PAGE = """<!doctype html><html lang="zh-CN"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>青藤直播</title>
<style>body{{font:17px/1.6 system-ui,sans-serif;max-width:560px;margin:6vh auto;padding:0 1rem}}
dialog{{border:0;border-radius:16px;padding:1.4rem;max-width:22rem;box-shadow:0 10px 50px #0004}}
a,button{{font:inherit;padding:.6rem 1rem;border-radius:12px;border:1px solid #0b6b5d;background:#0b6b5d;color:#fff;
text-decoration:none;display:inline-block;margin:.3rem .3rem 0 0}}.second{{background:#fff;color:#0b6b5d}}</style>
<h1>青藤直播</h1><p>主播：<b>{account}</b></p>{body}
<p><small>这是演示用的假平台。证件用演示人物的（{materials}），请不要用真证件。
<a class="second" href="/staff">审核员登录</a></small></p></html>"""
STAFF = """<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta http-equiv="refresh" content="10">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>演示用的登录</title>
<style>body{{font:16px/1.6 system-ui,sans-serif;max-width:760px;margin:6vh auto;padding:0 1rem}}
td,th{{text-align:left;padding:.3rem .8rem .3rem 0;overflow-wrap:anywhere}}</style>
<h1>演示用的登录 · sign-ins of this demo</h1><p><a href="{console}">{console}</a></p>
<table><tr><th>name<th>password<th>code<th>authenticator secret<th>roles</tr>{rows}</table>
<p>每个验证码只能用一次，30 秒换一个，本页自动刷新。A code works once; this page brings the next one.</p></html>"""
START = """<form method="post" action="/live?account={account}"><button>开始直播</button>
<button class="second" formaction="/me?account={account}">我的账号</button></form>"""
ASK = """<dialog open><h2>{title}</h2><p>{text}</p><p><a href="{url}">{button}</a>
<button class="second" data-window="{url}">新窗口打开</button>
<a class="second" href="/?account={account}">{later}</a></p></dialog>
<script src="{shiming}/v/assets/embed.js"></script><script>
document.querySelector('[data-window]').onclick = (e) => Shiming.open(e.target.dataset.window, (state) => {{
  if (state === 'approved') location.assign('/?account={account}') }})</script>"""


def serve(shiming: str, key: str, staff: Sequence[SignIn] = (), materials: str = "src/shiming/demo/cards") -> str:
    """Serve it on a free port until the process ends; returns its address. `/staff` shows the demo's sign-ins."""
    handler = type("Host", (_Host,), {"shiming": shiming, "key": key, "staff": staff, "materials": materials})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/?account=streamer-1"


class _Host(BaseHTTPRequestHandler):
    shiming = key = materials = ""
    staff: Sequence[SignIn] = ()

    def do_GET(self) -> None:
        if urlsplit(self.path).path == "/staff":
            return self._send(STAFF.format(console=f"{self.shiming}/console", rows="".join(map(_row, self.staff))))
        account = self._account()
        self._page(account, START.format(account=quote(account)))

    def do_POST(self) -> None:
        """Going live: ask first, as a platform's server does. My account: fetch a link, and go there."""
        account = self._account()
        back = f"http://{self.headers['host']}/?account={quote(account)}"
        if urlsplit(self.path).path == "/me":
            return self._go(self._ask(account, "me", {"return_url": back, "profile_url": back})["url"])
        asked = self._ask(account, "prompt", {"capability": "live", "return_url": back})
        if not asked["url"]:
            return self._page(account, "<p>✓ 正在直播</p>")
        words = {name: escape(text) for name, text in asked["words"]["zh"].items()}
        self._page(account, ASK.format(**words, url=escape(asked["url"]), account=quote(account), shiming=self.shiming))

    def _ask(self, account: str, what: str, body: dict) -> dict:
        headers = {"Authorization": f"Bearer {self.key}"}
        path = f"{self.shiming}/v1/accounts/{quote(account, safe='')}/{what}"
        return httpx.post(path, json=body, headers=headers, timeout=30).raise_for_status().json()

    def _account(self) -> str:
        return parse_qs(urlsplit(self.path).query).get("account", ["streamer-1"])[0][:60]

    def _page(self, account: str, body: str) -> None:
        self._send(PAGE.format(account=escape(account), body=body, materials=escape(self.materials)))

    def _send(self, page: str) -> None:
        content = page.encode()
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _go(self, address: str) -> None:
        self.send_response(303)
        self.send_header("location", address)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: addresses of holders' links would stand in it."""


def _row(person: SignIn) -> str:
    cells = (person.name, person.password, person.code(), person.totp, ", ".join(person.roles))
    return f"<tr>{''.join(f'<td>{escape(cell)}' for cell in cells)}</tr>"
