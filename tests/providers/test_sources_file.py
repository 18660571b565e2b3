"""The file of sources: what is right in it is made, and what is wrong is told with its line; secrets are never told."""

from pathlib import Path

import pytest

from shiming.egress import Egress
from shiming.providers import sources_file
from shiming.providers.terms import PLAIN, Secret, Terms

MAIN = '[main]\nkind = "authority"\nadapter = "simulated"\nside = "test"\n'
PLAY = '[register]\nkind = "play"\nadapter = "simulated"\nside = "test"\n'
MAIL = '[post]\nkind = "mail"\nadapter = "smtp"\nside = "live"\n'


def load(folder: Path, text: str, *abroad: str) -> tuple[sources_file.Source, ...]:
    (folder / "sources.toml").write_text(text, encoding="utf-8")
    return sources_file.load(str(folder / "sources.toml"), {"register": None, "embed": None}, Egress(), abroad)


def test_each_section_is_a_source_in_the_order_of_the_file(tmp_path):
    limits = 'per_second = 2.5\nat_once = 4\nbudget_per_day = 20\n[main.price]\ncheck = 0.3\n"check.-5" = 0\n'
    second = MAIN.replace("main", "spare")
    main, spare = load(tmp_path, MAIN + limits + second)
    assert (main.name, spare.name) == ("main", "spare")
    assert main.provider.first and not spare.provider.first
    assert main.terms == Terms("test", "simulated", per_second=2.5, at_once=4, budget_per_day=200_000,
                               price={"check": 3000, "check.-5": 0})  # fmt: skip


@pytest.mark.parametrize(
    "text, line, word",
    [
        (MAIN.replace('"test"', '"live"'), 4, "simulated source never speaks about real people"),
        (MAIN.replace('"simulated"', '"tencnt"'), 3, "no authority provider called 'tencnt'"),
        (MAIN.replace("authority", "register"), 2, "kind must be one of"),
        (MAIN + "per_minute = 3\n", 5, "'per_minute' is not known here"),
        (MAIN + "# a remark\nread_seconds = -1\n", 6, "0 or more"),
        (MAIN + "read_seconds = 900\n", 5, "between 0.1 and 60"),
        (MAIN + '[main.price]\ncheck = "3"\n', 6, "price.check must be a number"),
        (MAIN + '[main.options]\nkey = "x"\n', 6, "options.key is no option of this adapter"),
        (MAIL + '[post.options]\nhost = "mx"\nport = 25\n', 5, "needs options.sender"),
        (MAIL + '[post.options]\nhost = "mx"\nport = "25"\nsender = "a@b"\n', 7, "options.port must be of kind int"),
        (MAIL + '[post.options]\nhost = "mx"\nport = 25\nsender = "a@b"\nsecurity = "none"\n', 5, "encrypted only"),
        (MAIL + '[post.options]\nhost = "mx"\nport = 25\nsender = "a@b"\npassword = { env = "NOT_SET" }\n', 9, "empty"),
        (MAIN + MAIN.replace("main", "MAIN"), 5, "lower-case letters"),
        ("[main\n", 1, "no TOML"),
        (MAIN + 'region = "HK"\n', 5, "SHIMING_SOURCES_ABROAD"),
        (MAIN + 'region = "Hong Kong"\n', 5, "two capital letters"),
        (MAIN + 'recipient = ""\n', 5, "1 to 80 characters"),
        (MAIN + "keeps_days = -1\n", 5, "0 or more"),
        (PLAY + PLAY.replace("register", "second"), 5, "one source of kind play on the test side already"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path, text, line, word):
    with pytest.raises(sources_file.BadSources) as refused:
        load(tmp_path, text)
    assert f"line {line}" in str(refused.value) and word in str(refused.value), refused.value


def test_a_source_says_what_holders_are_told_of_it_and_is_abroad_by_the_operators_word_only(tmp_path):
    """M43: each name that may is a name of the setting; an endpoint abroad cannot pass for one at home."""
    said = MAIN + 'recipient = "示例核验公司"\nregion = "SG"\nkeeps_days = 3\n'
    (main,) = load(tmp_path, said, "main", "other")
    assert (main.terms.recipient, main.terms.region, main.terms.keeps_days) == ("示例核验公司", "SG", 3)
    for named in ((), ("other",), ("",)):
        with pytest.raises(sources_file.BadSources, match="line 6"):
            load(tmp_path, said, *named)
    with pytest.raises(sources_file.BadSources, match="say where it is"):
        load(tmp_path, MAIN + "[main.options]\nabroad = true\n", "main")


class Keyed:
    """An adapter with a secret, as a vendor's has one."""

    simulated = False

    def __init__(self, name: str, call, key: Secret, region: str = "north"):
        self.name, self.call, self.key, self.region = name, call, key, region


@pytest.fixture
def keyed(monkeypatch):
    monkeypatch.setattr(sources_file.providers, "found", lambda kind, name: Keyed)
    return '[k]\nkind = "bank"\nadapter = "keyed"\nside = "live"\nread_seconds = 7\n[k.options]\n'


def test_a_secret_comes_from_a_file_or_the_environment_and_is_never_shown(tmp_path, keyed, monkeypatch):
    (tmp_path / "key").write_text("hush\n")
    monkeypatch.setenv("BANK_KEY", "quiet")
    (one,) = load(tmp_path, keyed + f'key = {{ file = "{tmp_path}/key" }}\n')
    (two,) = load(tmp_path, keyed + 'key = { env = "BANK_KEY" }\n')
    assert one.provider.key.reveal() == "hush" and two.provider.key.reveal() == "quiet"
    assert "hush" not in f"{one.provider.key!r} {one.provider.key} {one}"
    assert one.provider.call.read_seconds == 7.0
    with pytest.raises(sources_file.BadSources) as refused:
        load(tmp_path, keyed + 'key = "hush"\n')
    assert "line 7" in str(refused.value) and "hush" not in str(refused.value)


def test_a_price_is_by_action_and_by_the_vendor_s_code_where_it_has_one():
    terms = Terms(price={"check": 3000, "check.-5": 0})
    assert terms.cost("check", "0", True) == 3000
    assert terms.cost("check", "-5", True) == 0
    assert terms.cost("check", "0", None) == 3000, "an answer that may be charged is taken to be"
    assert terms.cost("check", "0", False) == terms.cost("compare", "", True) == PLAIN.cost("check", "", True) == 0
