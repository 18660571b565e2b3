"""SMS in mainland China: a notice goes out as a text that the vendor has approved before, one per event and language,
without variables; and what its code says of the number."""

from collections.abc import Mapping
from typing import Any

from shiming.errors import BadInput, Unavailability, Unavailable
from shiming.providers.contracts import Text
from shiming.providers.vendors.answers import parsed
from shiming.providers.vendors.codes import Meaning


def template(source: str, templates: Mapping[str, str], text: Text) -> str:
    """The vendor's id of the template for a notice. Raises Unavailable: it is for the operator to register one."""
    key = f"{text.event}.{text.locale}"
    if key not in templates:
        raise Unavailable(f"{source} has no template for {key}; add it to options.templates.",
                          kind=Unavailability.MISCONFIGURED, vendor_code=key)  # fmt: skip
    return templates[key]


def sendable(source: str, meaning: Meaning, code: str, request_id: str) -> None:
    """Raise where it was not accepted: BadInput for a number that takes none, Unavailable where nobody knows."""
    if meaning.value == "never":
        raise BadInput(f"{source} sends nothing to this number ({code}).", "unknown_number")
    if meaning.value == "unsure":
        raise Unavailable(f"{source} does not know whether it was sent ({code}).", True, Unavailability.DOWN,
                          vendor_code=code, request_id=request_id)  # fmt: skip


def listed(body: bytes) -> list[Any]:
    """Pushed receipts come as a JSON array. Raises ValueError."""
    rows = parsed(body)
    if not isinstance(rows, list):
        raise ValueError("no array")
    return rows
