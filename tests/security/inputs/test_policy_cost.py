"""What it costs to check a policy text that somebody wrote to cost much.

A text of 40 kB held a checker for 9 seconds: one key of twenty thousand parts, or a line of blanks behind a key of
blanks. Every shape below is as long as a text may be, and is answered with a place, in a fraction of a CPU second.
"""

import time

import pytest

from shiming.risk.document import LONGEST, read
from shiming.risk.expressions import Wrong
from tests.application import application

HEAD, FEATURE = 'name = "x"\n', '[features.f]\nvalue="count"\non=["login"]\nwindow="1h"\n'
RULE = HEAD + FEATURE + "[rules.r]\non=['login']\nwhen='f>0'\n"
SECONDS = 2.0  # of CPU: a fraction where we measured, with room for machines three times as slow
SIZE = min(LONGEST, 100_000) - 1_000


def rules(expression, most=200):
    one = "[rules.r{}]\non=['login']\ndoes='note'\nwhen='''" + expression + "'''\n"
    return HEAD + FEATURE + "".join(one.format(n) for n in range(min(most, SIZE // len(one))))


SHAPES = {
    "parts of a key": "a." * (SIZE // 2) + "a=1\n",
    "parts of a heading": "[" + "a." * (SIZE // 2) + "a]\n",
    "parts of a quoted key": '"a".' * (SIZE // 4) + "a=1\n",
    "parts inside": "x={" + "a." * (SIZE // 2) + "a=1}\n",
    "blanks": HEAD + '" " = 1\nabout="""' + " " * SIZE + '"""\n',
    "tabs": HEAD + '"\\t" = 1\nabout="""' + "\t" * SIZE + '"""\n',
    "no key": HEAD + '"" = 1\n#' + " " * SIZE + "\n",
    "a key of blanks": HEAD + f'"{" " * (SIZE // 3)}" = 1\n#' + " " * (SIZE // 2) + "\n",
    "a heading of blanks": f'[" "]\n#{" " * (SIZE - 2000)}\n [ {" " * 1000}\n',
    "a long key": HEAD + "k" * SIZE + "=1\n",
    "many keys": HEAD + "".join(f"k{n}=1\n" for n in range(SIZE // 9)),
    "many headings": "".join(f"[a{n}]\n" for n in range(SIZE // 9)),
    "lists in lists": "a=" + "[" * (SIZE // 2) + "]" * (SIZE // 2),
    "tables in tables": "a=" + "{a=" * (SIZE // 4) + "1" + "}" * (SIZE // 4),
    "a long list": HEAD + "x=[" + "1," * (SIZE // 2) + "]\n",
    "a huge number": HEAD + "x=" + "9" * SIZE + "\n",
    "a huge quota": HEAD + "[quotas]\nx=0x" + "f" * SIZE + "\n",
    "a huge limit": HEAD + "[limits]\nattempts=0x" + "f" * SIZE + "\n",
    "a long word": RULE.replace("login']\nwhen", "l" * SIZE + "']\nwhen"),
    "braces": RULE + "hold={reason='" + "{" * SIZE + "'}\n",
    "long conditions": rules(" && ".join(["f>0"] * 29)),
    "lists of constants": rules("f in [" + ",".join(["1"] * 100) + "]"),
    "choices": rules("(" * 20 + "f>0" + "?true:false)" * 20),
    "round brackets": rules("(" * 490 + "1" + ")" * 490),
    "square brackets": rules("[" * 490 + "1" + "]" * 490),
    "a regular expression": rules("kind.matches('(a+)+$')"),
}


def test_no_text_holds_a_checker():
    slow = []
    for shape, text in SHAPES.items():
        before = time.process_time()
        with pytest.raises(Wrong) as wrong:
            read(text)
        took = time.process_time() - before
        if took > SECONDS or len(str(wrong.value)) > 2_000 or wrong.value.line < 1:
            slow.append((shape, round(took, 1)))
    assert slow == []


def test_the_api_answers_422_with_a_place(tmp_path):
    with application(tmp_path) as home:
        operator = home.key("operator", "wang")
        for shape in ("parts of a key", "blanks", "a huge number"):
            answer = operator.post("/v1/policies/check", json={"text": SHAPES[shape][:LONGEST]})
            assert (answer.status_code, answer.json()["code"]) == (422, "policy_wrong"), shape
            assert answer.json()["line"] >= 1 and answer.json()["column"] >= 1


def test_what_stands_in_our_own_policies_is_far_from_the_bounds():
    """The longest line of dots, and twenty rules of the usual length."""
    assert read(rules("f>0 && f<100 || f==7", most=20)).plan.rules
    assert read(HEAD + 'about = "' + "." * 90 + '"\n').about
