"""Every code that a vendor documents means one thing in our contract; the docs say how many there are."""

from pathlib import Path

import pytest

from bench import codes
from shiming.providers.contracts import Person, Unavailability, Unavailable
from shiming.vendor_server import alipay
from tests.providers.numbers import id_number

DOCS = (Path(__file__).parents[2] / "docs" / "providers.md").read_text("utf-8")
WORDS = {
    "tencent": "results {results}, errors of faceid {faceid}, of sms {sms}, of every action {every}",
    "alibaba": "results {results}, codes of cloudauth {cloudauth}, of dysms {dysms}, of the gateway {every}",
    "alipay": "{every} of the gateway and of 身份认证",
}
KINDS = {"20000": Unavailability.DOWN, "40005": Unavailability.BUSY}
"""Of Alipay's faults: all others are for a person to mend."""


@pytest.mark.parametrize("vendor", WORDS)
def test_n_of_n_are_mapped_and_the_docs_count_them(vendor):
    counted = {group: (many, mapped) for group, many, mapped in codes.counted(vendor)}
    assert all(many == mapped > 1 for many, mapped in counted.values()), counted
    assert WORDS[vendor].format(**{group: many for group, (many, _) in counted.items()}) in DOCS


@pytest.mark.parametrize("row", range(len(alipay.rows())), ids=alipay.rows())
def test_alipay_s_faults_are_told_as_what_they_are(party, row):
    """As Tencent's and Alibaba's are: one kind for each code, with the code, and nobody's name."""
    code = alipay.rows()[row]
    with pytest.raises(Unavailable) as why:
        party.begin("state", "https://shiming.test/back", Person("张合格", id_number(800 + row)))
    kind = Unavailability.DOWN if code.endswith("SYSTEM_ERROR") else KINDS.get(code[:5], Unavailability.MISCONFIGURED)
    assert (why.value.kind, why.value.vendor_code) == (kind, code) and "张" not in str(why.value)
    assert ("clock" in str(why.value)) == ("timestamp" in code)
