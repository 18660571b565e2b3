"""The error tree. Each error knows its stable code and its HTTP status; its message says what to do."""

from enum import StrEnum


class ShimingError(Exception):
    """Anything that a caller can be told about. `code` is stable; the message is for people."""

    code = "internal_error"
    status = 500
    headers: dict[str, str] = {}
    fields: list[dict[str, str]] = []
    """What is wrong with which field: `field` and `problem`, where it is one field's fault."""


class BadInput(ShimingError):
    """What was handed in cannot be used as it is."""

    code = "bad_input"
    status = 422

    def __init__(self, message: str, code: str | None = None, status: int | None = None):
        super().__init__(message)
        self.code = code or self.code
        self.status = status or self.status


class NotAuthenticated(ShimingError):
    code = "not_authenticated"
    status = 401
    headers = {"WWW-Authenticate": "Bearer"}


class NotAllowed(ShimingError):
    code = "not_allowed"
    status = 403


class NotProved(NotAllowed):
    """Who has signed in long enough ago has to show both factors once more before this."""

    code = "prove_again"


class NotFound(ShimingError):
    code = "not_found"
    status = 404


class Conflict(ShimingError):
    """The request is fine, the state of the thing is not."""

    code = "conflict"
    status = 409

    def __init__(self, message: str, code: str | None = None):
        super().__init__(message)
        self.code = code or self.code


class InProgress(Conflict):
    """The same is being done right now. `retry_after` is in seconds."""

    def __init__(self, message: str, retry_after: int):
        super().__init__(message, "in_progress")
        self.headers = {"Retry-After": str(retry_after)}


class NotAllowedMove(Conflict):
    """A state machine was asked for a move that its table does not hold."""

    code = "wrong_state"


class Gone(ShimingError):
    """The thing was erased, or its time is over; nothing of it can be given out again."""

    code = "erased"
    status = 410

    def __init__(self, message: str, code: str | None = None):
        super().__init__(message)
        self.code = code or self.code


class TooMany(ShimingError):
    """A limit was reached. `retry_after` is in seconds."""

    code = "too_many_requests"
    status = 429

    def __init__(self, message: str, retry_after: int, code: str | None = None):
        super().__init__(message)
        self.code = code or self.code
        self.headers = {"Retry-After": str(retry_after)}


class Busy(ShimingError):
    """We cannot do it now through our own fault or load; nothing was lost, nothing was counted."""

    code = "busy"
    status = 503
    headers = {"Retry-After": "5"}


class Unavailability(StrEnum):
    """Why a source cannot answer: what is done about it differs.

    BUSY: too many at once, ask again within seconds. DOWN: it, or the register behind it, does not work. LIMITED: a
    quota is used up until a time that is known. MISCONFIGURED: our key, our permission, our request is wrong. UNPAID:
    the account with the vendor has no money. The last two mend themselves never: people are alarmed.
    """

    BUSY = "busy"
    DOWN = "down"
    LIMITED = "limited"
    MISCONFIGURED = "misconfigured"
    UNPAID = "unpaid"

    @property
    def alarms(self) -> bool:
        return self in (Unavailability.MISCONFIGURED, Unavailability.UNPAID)


class Unavailable(ShimingError):
    """A provider could not answer. Raised by providers only; never an empty success, never an attempt.

    `unsure`: the question went out and may have been answered (and charged), though nothing reached us, as after a
    time-out. Without it, surely nobody answered. `until`: when a LIMITED source may be asked again (milliseconds since
    1970). `vendor_code` and `request_id` are the vendor's own; neither they nor the message may name a person.
    `asked` is False where we did not even ask (it rests, or has no place free).
    """

    code = "provider_unavailable"
    status = 503
    headers = {"Retry-After": "30"}

    def __init__(self, message: str = "", unsure: bool = False, kind: Unavailability = Unavailability.DOWN,
                 until: int | None = None, vendor_code: str = "", request_id: str = "",
                 asked: bool = True):  # fmt: skip
        super().__init__(message)
        self.unsure, self.kind, self.until, self.asked = unsure, kind, until, asked
        self.vendor_code, self.request_id = vendor_code, request_id


class DatabaseUnavailable(ShimingError):
    """A database cannot do it just now; `kind` says why. Made of drivers' errors by store/outages.py."""

    code = "database_unavailable"
    status = 503

    def __init__(self, kind: str, retry_after: int):
        super().__init__(
            "We cannot do this just now; it is not your request. Send it again after the seconds in Retry-After; a "
            "POST with the same Idempotency-Key is done once."
        )
        self.kind, self.headers = kind, {"Retry-After": str(retry_after)}


class DependencyDown(Unavailable):
    """A neighbour that we need does not answer in time, or is left alone for a while because it did not.

    Nothing was lost, nothing was counted. `retry_after` is in seconds.
    """

    code = "dependency_down"

    def __init__(self, name: str, retry_after: int = 5, unsure: bool = False,
                 kind: Unavailability = Unavailability.DOWN):  # fmt: skip
        super().__init__(f"Something that this needs ({name}) does not answer just now. Nothing was lost and nothing "
                         "was counted; please try again in a moment.", unsure, kind, asked=unsure)  # fmt: skip
        self.headers = {"Retry-After": str(max(1, retry_after))}
