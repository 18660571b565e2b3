"""Addresses that a platform gives for its own pages are addresses (row 10, f1 and f2).

`https://` alone was taken, and the holder's page broke when a host page opened it: `new URL("https://")` throws.
"""

import pytest

from tests.security.processes.whole import whole

GOOD = ["https://platform.test", "http://127.0.0.1:8000/back?a=1#b", "https://[2001:db8::1]:8443/", "https://例子.测试/返回",
        "HTTPS://platform.test/a%20b", "https://platform.test:65535", "https://a_b.test/",
        "https://परीक्षा.test/", "https://ไทย.test", "https://تجربة.test", "https://xn--n3h.test", "https://platform.test/it's",
        "https://[::ffff:192.0.2.7]/"]  # fmt: skip
BAD = ["https://", "https:///a", "https://[::1", "https://[::g]", "https://platform.test:99999", "https://platform.test:0",
       'https://plat"form.test', "https://a b.test", "https://user:pass@platform.test", "https://platform.test\\@evil.test",
       "https://platform.test/\n", "javascript:alert(1)", "https://.", "https://a..b", "https://-", "//platform.test",
       "https://platform.test:x", "https://pl\u202eatform.test", "https://platform.test/\u200b", "https://%00.test",
       "https://" + "a" * 64 + ".test", "https://1.2.3.4.5", "https://0x7f.1", "https://256.1.1.1", "https://[::1]a",
       "https://[::1]:80a", "https://[::1]a:80", "https://\u037a.test", "https://\u0301a.test", "https://a\u2135.test",
       "http:\\\\platform.test", "blob:https://platform.test/1", "data:text/html,a", "myapp://back",
       "https://'platform.test", "https://platform.test/" + "a" * 3000]  # fmt: skip


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    with whole(tmp_path_factory.mktemp("addresses")) as home:
        yield home.key()


def doors(url: str) -> list[tuple[str, dict]]:
    return [("/v1/verifications", {"account": "zhang", "level": "basic", "return_url": url}),
            ("/v1/accounts/zhang/prompt", {"return_url": url}), ("/v1/accounts/zhang/me", {"return_url": url}),
            ("/v1/accounts/zhang/me", {"profile_url": url}), ("/v1/accounts/zhang/me", {"phone_url": url})]  # fmt: skip


@pytest.mark.parametrize("url", BAD, ids=ascii)
def test_what_no_browser_can_open_is_refused_where_it_is_given(platform, url):
    for path, body in doors(url):
        answer = platform.post(path, json=body)
        assert answer.status_code == 422 and answer.json()["fields"][0]["field"].endswith("_url"), (path, answer.text)


@pytest.mark.parametrize("url", GOOD, ids=ascii)
def test_what_browsers_open_is_taken(platform, url):
    for path, body in doors(url):
        assert platform.post(path, json=body).is_success, path
