"""The words that a policy document can be written with: for completion while a draft is typed."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from shiming import reasons
from shiming.account import capabilities
from shiming.levels import Level
from shiming.risk import document, events, features
from shiming.web.console.access import Person, may
from shiming.web.console.account.moments import titled

router = APIRouter(prefix="/console/api", tags=["console: policy"])
Drafts = Annotated[Person, Depends(may("policy.draft"))]


@router.get("/policy_words")
def words(person: Drafts) -> dict[str, Any]:
    """Events with their facts, reasons with their titles, and what each entry of a feature, rule or hold may be."""
    own = [titled(code) if code in reasons.CATALOGUE else {"code": code} for code in document.REASONS]
    return {
        "parts": document.PARTS, "limits": document.LIMITS, "requirements": document.REQUIREMENTS, "reasons": own,
        "events": {type: sorted(facts) for type, facts in events.FACTS.items()},
        "values": features.KINDS, "by": features.BY, "does": ("hold", "review", "note"),
        "levels": [str(one) for one in Level], "capabilities": list(capabilities.NEEDS),
    }  # fmt: skip
