"""A holder's browser without a screen: cookies, forms and pages of `/v` and `/h`, as a phone would send them."""

import re
from html import unescape

import httpx

CN = {"Accept-Language": "zh-CN"}


class Browser:
    """One browser with its own cookies. Redirects are followed; `text` of an answer is the page."""

    def __init__(self, address: str):
        self.http = httpx.Client(base_url=address, headers=CN, follow_redirects=True, timeout=60)

    def opens(self, url: str, launch: str = "") -> httpx.Response:
        """What the script does with a link: exchange the secret behind the # for a session."""
        page, _, secret = url.partition("#")
        return self.http.post(f"{page}/open", json={"link": secret, "launch": launch})

    def get(self, path: str, **more) -> httpx.Response:
        return self.http.get(path, **more)

    def post(self, path: str, **more) -> httpx.Response:
        return self.http.post(path, **more)


def heading(page: httpx.Response) -> str:
    found = re.search(r"<h1>(.*?)</h1>", page.text, re.DOTALL)
    return unescape(found[1]) if found else ""


def id_of(url: str) -> str:
    return re.search(r"/v/(ver_\w+)", url)[1]
