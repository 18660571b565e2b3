"""docs/settings.md and docs/zh/settings.md: every setting and every choice of the default policy."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

from shiming.policy import DEFAULT, Policy
from shiming.settings import PLACES, Settings
from tools.docs.words import words

CONSOLE = Path(__file__).parents[2] / "web" / "console" / "public" / "zh.json"
LABEL = {"settings": "setting", "policy": "limit"}
SAYS = {
    "en": {"title": "Settings", "by": "Set by environment variables.", "row": "| variable | default | meaning |",
           "policy": "The default policy", "choice": "| choice | value | meaning |",
           "within": "in the data folder", "empty": "empty"},
    "zh": {"title": "设置", "by": "用环境变量设置。", "row": "| 变量 | 默认值 | 含义 |",
           "policy": "默认策略", "choice": "| 选项 | 值 | 含义 |", "within": "在数据目录里", "empty": "空"},
}  # fmt: skip


def settings(language: str = "en") -> str:
    """Two tables: settings of a process, and the policy in force."""
    says = SAYS[language]
    meant = {"settings": _meant(fields(Settings)), "policy": _meant(fields(Policy))}
    if language == "zh":
        meant = {part: _in_chinese(part, rows) for part, rows in meant.items()}
    lines = [f"# {says['title']}", "", says["by"], "", says["row"], "|---|---|---|"]
    lines += [f"| `SHIMING_{f.name.upper()}` | {_default(f.name, f.default, says)} | {meant['settings'][f.name]} |"
              for f in fields(Settings)]  # fmt: skip
    lines += ["", f"# {says['policy']}", "", says["choice"], "|---|---|---|", *_choices(meant["policy"])]
    return "\n".join(lines) + "\n"


def _in_chinese(part: str, rows: Iterable[str]) -> dict[str, str]:
    """Raises LookupError where words are about nothing, KeyError where neither they nor the console name a thing."""
    labels, said = json.loads(CONSOLE.read_text("utf-8")), words("settings")[part]
    if unknown := said.keys() - {*rows}:
        raise LookupError(f"tools/docs/settings.toml has words about what there is not: {sorted(unknown)}")
    return {name: said.get(name) or labels[f"{LABEL[part]}.{name}"] for name in rows}


def _meant(rows: tuple[Field[Any], ...]) -> dict[str, str]:
    return {row.name: row.metadata["meaning"] for row in rows}


def _choices(meant: Mapping[str, str]) -> Iterator[str]:
    return (f"| `{name}` | {_shown(getattr(DEFAULT, name))} | {meant[name]} |" for name in meant)


def _default(name: str, value: object, says: Mapping[str, str]) -> str:
    if value != "":
        return _shown(value)
    return says["within"] if name in PLACES else says["empty"]


def _shown(value: object) -> str:
    return f"`{_plain(value)}`"


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {_plain(each)}" for name, each in value.items())
    if isinstance(value, frozenset | tuple):
        return ", ".join(sorted(value))
    return str(value)
