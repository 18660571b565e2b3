"""What every error looks like, and the codes that there are."""

from pydantic import Field

from shiming.web.api.schemas.shape import ReasonCode, Shape, one_of

CODES = (
    "account_of_another", "address_not_allowed", "address_too_long", "appeal_not_offered", "appeal_under_way",
    "appeal_waiting", "authority_calls_capped", "bad_input", "bad_requirement", "bank_card_invalid",
    "body_too_large", "busy", "case_not_yours", "case_taken", "challenge_over", "client_not_allowed",
    "client_outdated", "code_not_confirmed", "conflict", "database_unavailable", "dependency_down",
    "endpoint_resting", "erased", "field_invalid", "four_eyes", "frames_too_fast", "frames_too_late",
    "guardian_unfit", "guardians_number", "http_error", "idempotency_key_reused", "in_progress", "internal_error",
    "in_hand", "link_expired", "link_unknown", "link_used", "live_face_needed", "method_not_allowed",
    "name_invalid", "no_live_authority", "no_live_bank", "no_live_carrier", "no_workers", "not_a_picture",
    "not_a_video", "not_allowed", "not_asked_for", "not_authenticated", "not_found", "nothing_to_confirm",
    "nothing_to_meet", "number_needed", "once", "phone_invalid", "phone_not_bound_before", "picture_animated",
    "picture_empty", "picture_format", "picture_too_large", "picture_too_many_pixels", "picture_truncated",
    "pieces_missing", "pieces_unusable", "place_kept", "policy_untried", "policy_wrong", "proposal_changed",
    "provider_unavailable", "request_expired", "request_waits", "retry_first", "still_looking", "ticket_taken",
    "too_many_events", "too_many_frames", "too_many_requests", "too_slow", "unknown_reason", "weights_missing",
    "worker_lost", "wrong_offset", "wrong_state",
)  # fmt: skip
"""Codes of errors. Only ever added to. Where a reason of the catalogue stands against something, its code is told."""
ProblemCode = one_of("ProblemCode", CODES)


class FieldProblem(Shape):
    """What is wrong with one field."""

    field: str = Field(description="By its names from the outside in, such as `because.values.km`.")
    problem: str


class Problem(Shape):
    """Why a request was refused, and what to do (RFC 9457)."""

    type: str = Field(examples=["urn:shiming:problem:wrong_state"])
    title: str = Field(description="The status in words.")
    status: int
    code: ProblemCode | ReasonCode = Field(description="Stable: act by it.")
    detail: str = Field(description="What is wrong and what to do, in words.")
    request_id: str = Field(description="The same as `X-Request-Id`: name it when you ask for help.")
    fields: list[FieldProblem] = Field([], description="Which fields are wrong, where it is theirs.")
    line: int | None = Field(None, description="Of a policy's text.")
    column: int | None = Field(None, description="Of a policy's text.")
    appeal: str | None = Field(None, description="With `appeal_under_way`: the appeal that is.")
