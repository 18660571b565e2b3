"""The shape of the tree: which part may import which (pyproject.toml, `tool.importlinter`), and how long things are."""

import ast
import json
import logging
import sys
import tomllib
import warnings
from collections.abc import Iterator
from dataclasses import fields
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import grimp
import pytest
from importlinter.cli import lint_imports
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from shiming.settings import Settings

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "shiming"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
RULES = PROJECT["tool"]["importlinter"]
CONTRACTS = {contract["id"]: contract for contract in RULES["contracts"]}

FILE_LINES, FUNCTION_LINES = 300, 40
# Rows of data, which may be as many as there are.
TABLES = {"reasons.py", "store/tables.py", "store/migrations/versions/0001_baseline.py"}
WORLD = {"now", "utcnow", "today"}  # clocks that hide behind an allowed import, such as datetime.now()
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "core", "base", "service", "services", "manager"}


def python_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def exists(module: str) -> bool:
    path = ROOT.joinpath("src", *module.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists() or not module.startswith("shiming")


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("shiming", include_external_packages=True, cache_dir=None)


# ── arrows ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("id", CONTRACTS)
def test_the_arrows_of_the_tree_are_kept(id: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    contract = _of_what_exists(CONTRACTS[id])
    if not all(contract.get(key, True) for key in ("source_modules", "forbidden_modules")):
        return  # named by the test below
    config = tmp_path / "contract.toml"
    config.write_text(_as_toml(contract), "utf-8")
    failed = lint_imports(config_filename=str(config), no_cache=True, no_logo=True)
    for logger in logging.Logger.manager.loggerDict.values():  # it disables all that there are
        logger.disabled = False
    assert not failed, capsys.readouterr().out


def test_what_is_not_there_yet_is_named() -> None:
    named = {module for contract in CONTRACTS.values() for module in _modules(contract)}
    if missing := sorted(module for module in named if not exists(module)):
        warnings.warn(f"named by the import rules and not written yet: {', '.join(missing)}", stacklevel=1)


def _of_what_exists(contract: dict[str, Any]) -> dict[str, Any]:
    """The contract without the modules of ours that nobody has written yet: import-linter would refuse them."""
    return {key: [module for module in value if exists(module)] if isinstance(value, list) else value
            for key, value in contract.items()}  # fmt: skip


def _modules(contract: dict[str, Any]) -> list[str]:
    return [module for value in contract.values() if isinstance(value, list) for module in value]


def _as_toml(contract: dict[str, Any]) -> str:
    options = {key: value for key, value in RULES.items() if key != "contracts"}
    lines = ["[tool.importlinter]", *(f"{key} = {json.dumps(value)}" for key, value in options.items())]
    lines += ["[[tool.importlinter.contracts]]", *(f"{key} = {json.dumps(value)}" for key, value in contract.items())]
    return "\n".join(lines)


def test_every_part_of_the_tree_has_its_arrows() -> None:
    ruled = {module for contract in CONTRACTS.values() for module in contract.get("source_modules", ())}
    # the doors: may import everything, imported by nothing
    ruled |= {"shiming.demo", "shiming.commands", "shiming.__main__"}
    parts = {f"shiming.{path.stem}" for path in SOURCE.glob("*.py")} - {"shiming.__init__"}
    parts |= {f"shiming.{path.parent.name}" for path in SOURCE.glob("*/*.py")} - {"shiming.providers"}
    assert parts <= ruled, f"say in pyproject.toml what {sorted(parts - ruled)} may import"
    assert CONTRACTS["pure-to-pure"]["source_modules"] == CONTRACTS["pure-no-world"]["source_modules"]


def test_every_folder_of_modules_is_a_package() -> None:
    folders = {path.parent for path in python_files(SOURCE)}
    without = [str(folder.relative_to(ROOT)) for folder in sorted(folders) if not (folder / "__init__.py").exists()]
    assert not without, "the import rules do not see folders without an __init__.py"


def test_pure_code_asks_no_clock_and_opens_no_file() -> None:
    offences = [f"{_place(path, call)} calls {name}" for path in _pure_files() for call, name in _calls(path)
                if name in WORLD | {"open", "print", "input"}]  # fmt: skip
    assert not offences, "the time is an argument, and what is on disk belongs to an edge"


def _pure_files() -> Iterator[Path]:
    for module in CONTRACTS["pure-to-pure"]["source_modules"]:
        path = SOURCE / module.removeprefix("shiming.")
        yield from [path.with_suffix(".py")] if path.with_suffix(".py").exists() else python_files(path)


def _calls(path: Path) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            yield node, node.func.id if isinstance(node.func, ast.Name) else node.func.attr


def test_what_is_imported_is_declared(graph: grimp.ImportGraph) -> None:
    optional = [line for lines in PROJECT["project"]["optional-dependencies"].values() for line in lines]
    extras = {canonicalize_name(Requirement(line).name) for line in optional}
    declared = {canonicalize_name(Requirement(line).name) for line in PROJECT["project"]["dependencies"]} | extras
    owners = packages_distributions()
    outside = {module for module in graph.modules if graph.is_module_squashed(module)} - sys.stdlib_module_names
    stray = [module for module in outside - extras  # which are called as their modules, and need not be here
             if not declared & set(map(canonicalize_name, owners.get(module, ())))]  # fmt: skip
    assert not stray, "imported by src/shiming, and not among pyproject.toml's dependencies"


def test_what_parts_ask_of_the_settings_is_there() -> None:
    """Parts may not import the settings; each names the rows that it reads in a protocol `…Settings` of its own."""
    rows = {row.name: row.type.__name__ for row in fields(Settings)}
    asked = [(path, node) for path in python_files(SOURCE) for node in ast.walk(ast.parse(path.read_text("utf-8")))
             if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "Protocol" for base in node.bases)
             and node.name.endswith("Settings")]  # fmt: skip
    wrong = [f"{_place(path, row)} {ast.unparse(row)}" for path, node in asked for row in node.body
             if (isinstance(row, ast.AnnAssign) and rows.get(ast.unparse(row.target)) != ast.unparse(row.annotation))
             or (isinstance(row, ast.FunctionDef) and not hasattr(Settings, row.name))]  # fmt: skip
    assert len(asked) > 8 and not wrong, "no such row in settings.py, or of another kind"


# ── sizes and names ──────────────────────────────────────────────────────────────────────────────


def _place(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"


def test_files_are_short() -> None:
    files = python_files(SOURCE) + python_files(ROOT / "tests")
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in files}
    tables = {SOURCE / table for table in TABLES}
    long = [f"{path.relative_to(ROOT)}: {n}" for path, n in lengths.items() if n > FILE_LINES and path not in tables]
    assert not long, f"files of more than {FILE_LINES} lines"


@pytest.mark.parametrize("folder", ["src/shiming", "tests"])
def test_functions_are_short(folder: str) -> None:
    found = [(path, function, lines) for path in python_files(ROOT / folder) for function, lines in _functions(path)]
    long = [f"{_place(path, function)} {function.name}: {n}" for path, function, n in found if n > FUNCTION_LINES]
    assert not long, f"functions of more than {FUNCTION_LINES} lines"


def _functions(path: Path) -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, int]]:
    """Every function with its lines, from `def` to its end, docstring and inner functions included."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node, (node.end_lineno or node.lineno) - node.lineno + 1


def test_names_are_the_domain_s_words() -> None:
    parts = {part for path in python_files(SOURCE) for part in path.relative_to(SOURCE).with_suffix("").parts}
    assert not parts & FORBIDDEN_NAMES
