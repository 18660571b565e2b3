"""docs/licences.md is fresh, and what it lists may be used commercially."""

import platform
import sys
from pathlib import Path

import pi_heif
import pytest
from PIL import features

from tools.licences import bundled, page
from tools.licences.distributions import RULES, Unknown, locked
from tools.licences.spdx import BadExpression, refused

ALLOWED = frozenset({"MIT", "Apache-2.0", "BSD-3-Clause", "GPL-3.0-or-later WITH GCC-exception-3.1"})
REFERENCE = sys.platform == "linux" and platform.machine() == "x86_64"  # wheels elsewhere bundle other files


def test_the_page_is_fresh_and_all_licences_are_allowed() -> None:
    text = page.text()  # fails on a licence or a bundled library that nobody has looked at
    assert not REFERENCE or page.PAGE.read_text("utf-8").rstrip() == text.rstrip(), "run `make docs`"


def test_the_table_of_bundled_libraries_holds_nothing_that_is_gone() -> None:
    runs, tests = page.distributions()
    gone = bundled.stale({row.name for row in [*runs, *tests]})
    assert not REFERENCE or not gone, "remove these from tools/licences/bundled.toml"


@pytest.mark.parametrize(
    ("expression", "bad"),
    [
        ("MIT", set()),
        ("Apache-2.0 OR GPL-2.0-only", set()),
        ("MIT AND GPL-3.0-only", {"GPL-3.0-only"}),
        ("(MIT OR AGPL-3.0-only) AND (BSD-3-Clause OR Apache-2.0)", set()),
        ("MIT OR Apache-2.0 AND CC-BY-NC-4.0", set()),
        ("(MIT OR Apache-2.0) AND CC-BY-NC-4.0", {"CC-BY-NC-4.0"}),
        ("GPL-3.0-or-later", {"GPL-3.0-or-later"}),
        ("GPL-3.0-or-later WITH GCC-exception-3.1", set()),
    ],
)
def test_an_expression_is_allowed_when_one_way_through_it_is(expression: str, bad: set[str]) -> None:
    assert refused(expression, ALLOWED) == bad


@pytest.mark.parametrize("expression", ["", "MIT AND", "(MIT", "MIT Apache-2.0", "OR MIT"])
def test_what_is_no_expression_is_refused(expression: str) -> None:
    with pytest.raises(BadExpression):
        refused(expression, ALLOWED)


def test_no_plain_gpl_agpl_or_non_commercial_licence_is_on_the_lists() -> None:
    listed = [*RULES["allowed"], *RULES["allowed_as_own_library"]]
    assert not [name for name in listed if name.startswith(("GPL", "AGPL", "CC-BY-NC")) and "exception" not in name]


def test_a_library_that_nobody_has_looked_at_makes_the_generator_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundled, "has_modules", lambda package: False)
    monkeypatch.setattr(bundled, "found_in", lambda package: [("libx265", Path("libx265-00000000.so.1"))])
    with pytest.raises(Unknown, match="libx265"):
        bundled.check(["pi-heif"], {})


def test_compiled_code_that_nobody_has_looked_at_makes_the_generator_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundled, "has_modules", lambda package: True)
    with pytest.raises(Unknown, match="compiled modules"):
        bundled.check(["new-codec"], {})


def test_a_library_built_with_gpl_parts_makes_the_generator_fail(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    library = tmp_path / "libheif.so"
    library.write_bytes(b"\0--prefix=/x --enable-gpl --enable-libx264\0")
    monkeypatch.setattr(bundled, "has_modules", lambda package: False)
    monkeypatch.setattr(bundled, "found_in", lambda package: [("libheif", library)])
    with pytest.raises(Unknown, match="--enable-gpl"):
        bundled.check(["pi-heif"], {})


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("x.libs/libaom-a0d22147.so.3.14.1", "libaom"),
        ("x.libs/libgfortran-040039e1-0352e75f.so.5.0.0", "libgfortran"),
        ("x.libs/libopenblasp-r0-59ffcd50.3.15.so", "libopenblasp-r0"),
        ("openvino/libs/libtbb.so.12", "libtbb"),
        ("x/.dylibs/libheif.1.dylib", "libheif.1"),
        ("x/_x.cpython-311-x86_64-linux-gnu.so", None),
        ("x/_x.abi3.so", None),
        ("x/notes.txt", None),
    ],
)
def test_a_bundled_library_is_known_by_its_name_without_hash_and_version(file: str, name: str | None) -> None:
    assert bundled.library_name(file) == name


def test_heic_can_be_read_and_not_written() -> None:
    assert set(pi_heif.libheif_info()["encoders"]) <= {"mask"}, "an HEVC encoder would be GPL"


def test_pillow_is_built_without_its_gpl_part() -> None:
    assert not features.check("libimagequant")


def test_nothing_that_sends_usage_events_is_installed() -> None:
    runs, tests = page.distributions()
    assert not [row.name for row in runs if "telemetry" in row.name and row.name != "opentelemetry-api"]
    others = [row.name for row in tests if "telemetry" in row.name]
    assert not [name for name in others if not name.startswith("opentelemetry-")], "these send where a setting says"


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_holds_hashes_and_no_address(name: str) -> None:
    lock = page.ROOT / name
    text = lock.read_text("utf-8")
    assert not [sign for sign in ("://", "--index-url", "--find-links", "file:", " @ ") if sign in text]
    assert len(locked(lock)) > 20
    assert all("--hash=sha256:" in pin for pin in text.split("\n\n") if "==" in pin)
