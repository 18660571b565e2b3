"""The catalogue of reasons, for anybody."""

from fastapi import APIRouter

from shiming import reasons
from shiming.web.api import views

router = APIRouter(prefix="/v1", tags=["platform"])


@router.get("/reasons")
def catalogue() -> dict:
    """Every reason that can be given, with its words and remedies in Chinese and English."""
    return {"items": [views.reason(code) for code in reasons.CATALOGUE]}
