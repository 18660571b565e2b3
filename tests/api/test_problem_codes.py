"""Every code that an error can have is one that the document lists."""

import ast
from collections.abc import Iterator
from pathlib import Path

import shiming
from shiming.reasons import CATALOGUE
from shiming.web.api.schemas.problems import CODES

SOURCE = Path(shiming.__file__).parent
PLACES = {"BadInput": 1, "Conflict": 1, "Gone": 1, "TooMany": 2, "problem": 1}
"""Where the code stands among what an error is made of."""
ELSEWHERE = ("bench", "commands", "demo", "providers", "vendor_server", "startup.py", "workflows/staff", "web/console",
             "store/staff", "store/backup", "support/staff")  # fmt: skip
"""What answers no call of the public API."""
CONSOLE = {"code_replaced", "colour_invalid", "corner_invalid", "ground_missing", "logo_invalid", "no_data_key",
           "no_identity_provider", "number_needed", "prove_again", "too_late"}  # fmt: skip
"""Codes of the console's and the holder's own pages, and of faults, which are all told as `internal_error`."""
FAULTS = {"audit_log_changed", "face_index_full", "key_file_fault", "newer_database", "no_suite", "other_keys",
          "outside_key_down", "tampered"}  # fmt: skip


def codes() -> Iterator[tuple[str, str]]:
    """Each code that stands in the source, with its file."""
    for file in SOURCE.rglob("*.py"):
        name, text = str(file.relative_to(SOURCE)), file.read_text("utf-8")
        passed = name.startswith(ELSEWHERE) or not any(f"{made}(" in text for made in (*PLACES, "Error"))
        for node in () if passed else ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call):
                place = PLACES.get(getattr(node.func, "id", ""))
                given = node.args[place:][:1] if place else []
                yield from ((each.value, name) for each in given if isinstance(each, ast.Constant))
            elif isinstance(node, ast.ClassDef) and any("Error" in ast.unparse(base) for base in node.bases):
                yield from ((row.value.value, name) for row in node.body
                            if isinstance(row, ast.Assign) and row.targets[0].id == "code")  # fmt: skip


def test_every_code_is_listed():
    """A client acts by it: one that no list has cannot be acted by."""
    found = {code: file for code, file in codes() if isinstance(code, str)}
    assert {"wrong_state", "picture_too_large", "busy"} <= found.keys()
    missing = {code: file for code, file in found.items() if code not in {*CODES, *CATALOGUE, *CONSOLE, *FAULTS}}
    assert missing == {}, "add each to src/shiming/web/api/schemas/problems.py"
