"""Every table of the store (those of the audit trail and of the data keys are in their own files).

Times are integers: milliseconds since 1970 in UTC. Every row carries its app (`name.test` or `name.live`) and nothing
is ever read across apps. Columns named `sealed…` hold what `sealed.py` made; no other column holds personal data.
"""

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from shiming.store.meta import metadata


def _id() -> Column:
    return Column("id", String(40), primary_key=True)


def _app() -> Column:
    return Column("app", String(80), nullable=False)


def _when(name: str, **options) -> Column:
    return Column(name, BigInteger, **options)


api_keys = Table(
    "api_keys",
    metadata,
    _id(),
    _app(),
    Column("role", String(20), nullable=False),
    Column("name", String(80), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
    _when("created_at", nullable=False),
    _when("revoked_at"),
)

accounts = Table(
    "accounts",
    metadata,
    _id(),
    _app(),
    Column("ref", String(200), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("locale", String(10), nullable=False),
    Column("state", String(20), nullable=False),
    Column("subject", String(40)),
    Column("level", String(20), nullable=False),
    _when("verified_at"),
    _when("created_at", nullable=False),
    UniqueConstraint("app", "ref"),
    Index("accounts_by_subject", "subject"),
)

subjects = Table(
    "subjects",
    metadata,
    _id(),
    _app(),
    Column("number_hash", String(80), nullable=False),
    Column("blocked_for", String(80)),
    _when("blocked_until"),
    _when("created_at", nullable=False),
    UniqueConstraint("app", "number_hash"),
)

blocks = Table(
    "blocks",
    metadata,
    _id(),
    _app(),
    Column("account", String(40), nullable=False),
    Column("ground", String(80), nullable=False),
    Column("asked_by", String(80), nullable=False),
    Column("confirmed_by", String(80)),
    _when("created_at", nullable=False),
)

holds = Table(
    "holds",
    metadata,
    _id(),
    _app(),
    Column("account", String(40), nullable=False, index=True),
    Column("reason", String(60), nullable=False),
    Column("source", String(80), nullable=False),
    Column("capabilities", JSON, nullable=False),
    Column("requirements", JSON, nullable=False),
    Column("met", JSON, nullable=False),
    _when("opened_at", nullable=False),
    _when("lifted_at"),
    Column("lifted_by", String(80)),
)

verifications = Table(
    "verifications",
    metadata,
    _id(),
    _app(),
    Column("account", String(40), nullable=False, index=True),
    Column("level", String(20), nullable=False),
    Column("locale", String(10), nullable=False),
    Column("return_url", String(500)),
    Column("state", String(20), nullable=False),
    Column("round", Integer, nullable=False),
    Column("codes", JSON, nullable=False),
    Column("redo", JSON, nullable=False),
    Column("face_consent", Boolean),
    Column("sealed_typed", LargeBinary),
    Column("token_hash", String(64)),
    _when("created_at", nullable=False),
    _when("submitted_at"),
    _when("decided_at"),
    _when("retry_at"),
    _when("expires_at", nullable=False),
    Index("verifications_by_app", "app", "id"),
)

consents = Table(
    "consents",
    metadata,
    _id(),
    _app(),
    Column("verification", String(40), nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("given", Boolean, nullable=False),
    Column("text_version", String(40), nullable=False),
    _when("at", nullable=False),
)

evidence = Table(
    "evidence",
    metadata,
    _id(),
    _app(),
    Column("verification", String(40), nullable=False, index=True),
    Column("piece", String(20), nullable=False),
    Column("round", Integer, nullable=False),
    Column("files", JSON, nullable=False),
    Column("sealed_seen", LargeBinary, nullable=False),
    Column("current", Boolean, nullable=False),
    _when("at", nullable=False),
)

links = Table(
    "links",
    metadata,
    _id(),
    _app(),
    Column("verification", String(40), nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
    Column("number", Integer),
    Column("state", String(20), nullable=False),
    _when("since", nullable=False),
    _when("created_at", nullable=False),
    _when("expires_at", nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    _id(),
    _app(),
    Column("verification", String(40), nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
    _when("since", nullable=False),
    _when("opened_at", nullable=False),
    _when("expires_at", nullable=False),
    _when("ended_at"),
)

external_results = Table(
    "external_results",
    metadata,
    _id(),
    _app(),
    Column("verification", String(40), nullable=False, index=True),
    Column("sealed_state", LargeBinary),
    Column("state", String(20), nullable=False),
    Column("sealed_result", LargeBinary),
    _when("created_at", nullable=False),
    _when("adopted_at"),
)

clients = Table(
    "clients",
    metadata,
    _id(),
    _app(),
    Column("name", String(40), nullable=False),
    Column("min_version", String(40), nullable=False),
    Column("sealed_secret", LargeBinary, nullable=False),
    _when("created_at", nullable=False),
    UniqueConstraint("app", "name"),
)

challenges = Table(
    "challenges",
    metadata,
    _id(),
    _app(),
    Column("verification", String(40), nullable=False, index=True),
    Column("turns", JSON, nullable=False),
    _when("issued_at", nullable=False),
    _when("expires_at", nullable=False),
    _when("used_at"),
)

authority_answers = Table(
    "authority_answers",
    metadata,
    Column("verification", String(40), primary_key=True),
    Column("round", Integer, primary_key=True),
    _app(),
    Column("account", String(40), nullable=False, index=True),
    Column("number_hash", String(80), nullable=False, index=True),
    Column("sealed_said", LargeBinary),
    Column("calls", Integer, nullable=False),
    _when("at", nullable=False),
)

judgements = Table(
    "judgements",
    metadata,
    _id(),
    _app(),
    Column("account", String(40), nullable=False, index=True),
    Column("verification", String(40), nullable=False, index=True),
    Column("round", Integer, nullable=False),
    Column("by", String(80), nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("codes", JSON, nullable=False),
    Column("counts", Boolean, nullable=False),
    Column("attempts_before", Integer, nullable=False),
    Column("versions", JSON, nullable=False),
    Column("sealed_seen", LargeBinary),
    Column("sealed_findings", LargeBinary),
    _when("at", nullable=False),
)

messages = Table(
    "messages",
    metadata,
    _id(),
    _app(),
    Column("account", String(40), nullable=False, index=True),
    Column("about", String(40), nullable=False, index=True),
    Column("event", String(60), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("payload", JSON, nullable=False),
    _when("at", nullable=False),
    _when("read_at"),
    UniqueConstraint("about", "sequence"),
)

endpoints = Table(
    "endpoints",
    metadata,
    _id(),
    _app(),
    Column("url", String(500), nullable=False),
    Column("sealed_secret", LargeBinary, nullable=False),
    _when("created_at", nullable=False),
    _when("disabled_at"),
)

deliveries = Table(
    "deliveries",
    metadata,
    _id(),
    _app(),
    Column("message", String(40), nullable=False),
    Column("endpoint", String(40), nullable=False),
    Column("state", String(20), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("answer", String(80)),
    _when("at", nullable=False),
    UniqueConstraint("message", "endpoint"),
)

appeals = Table(
    "appeals",
    metadata,
    _id(),
    _app(),
    Column("account", String(40), nullable=False, index=True),
    Column("verification", String(40), nullable=False, index=True),
    Column("state", String(20), nullable=False),
    Column("first_decider", String(80), nullable=False),
    Column("answered_by", String(80)),
    Column("pieces", JSON, nullable=False),
    Column("sealed_facts", LargeBinary),
    _when("created_at", nullable=False),
    _when("answered_at"),
)

tickets = Table(
    "tickets",
    metadata,
    _id(),
    _app(),
    Column("account", String(40), nullable=False, index=True),
    Column("verification", String(40)),
    Column("state", String(20), nullable=False),
    Column("topic", String(60), nullable=False),
    _when("created_at", nullable=False),
)

ticket_messages = Table(
    "ticket_messages",
    metadata,
    _id(),
    _app(),
    Column("ticket", String(40), nullable=False, index=True),
    Column("author", String(80), nullable=False),
    Column("sealed_text", LargeBinary, nullable=False),
    _when("at", nullable=False),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("app", String(80), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("path", String(300), nullable=False),
    Column("body_hash", String(64), nullable=False),
    Column("status", Integer),
    Column("sealed_answer", LargeBinary),
    _when("at", nullable=False),
)

workers = Table("workers", metadata, Column("id", String(80), primary_key=True), _when("seen_at", nullable=False))
