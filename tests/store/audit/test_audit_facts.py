"""What may stand in the facts of an audit row, and what may not."""

from typing import Any

import pytest

from shiming.store.audit.fact_guard import check_facts


@pytest.mark.parametrize(
    "value",
    [
        "660101199001011234", "66010119900101123x", "no=660101199001011234;", "660101 19900101 1234",
        660101199001011234, "６６０１０１１９９００１０１１２３４", "660101900101123", "张合格", "name: 䶮", "𠮷",
        "moved 家", ["ok", {"deep": "李"}], {"张": 1}, 0.5, b"bytes", "x" * 301, {1: 1},
    ],
    ids=ascii,
)  # fmt: skip
def test_what_looks_like_a_person_is_refused_without_being_repeated(value: Any) -> None:
    with pytest.raises(ValueError, match="facts") as refused:
        check_facts({"round": 1, "value": value})
    assert "6601" not in str(refused.value)


@pytest.mark.parametrize(
    "value",
    [
        "1:" + "0123456789abcdef" * 4, "ver_01jd0c6t8x4q2m9z7r5k3w1y0b", "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
        1_790_000_000_000, "photo_glare", "2026-11-21T20:57:00Z", "sface-2021dec/1.0.3", None, True, -3, ["a", 1],
        {"k": {"v": ()}}, "a" * 64,
    ],
    ids=ascii,
)  # fmt: skip
def test_ids_codes_and_hashes_go_in(value: Any) -> None:
    check_facts({"value": value})
