"""Every table of the store (those of the audit trail and of the data keys are in their own files).

Times are integers: milliseconds since 1970 in UTC. Every row carries its app (`name.test` or `name.live`) and nothing
is ever read across apps. Columns named `sealed…` hold what `sealed.py` made; no other column holds personal data.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

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
    _when("expires_at"),
    _when("used_at"),
    Column("scopes", JSON(none_as_null=True)),
    Column("addresses", JSON(none_as_null=True)),
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
    _when("in_person_at"),
    _when("cancel_at"),
    Column("profile", JSON(none_as_null=True)),
    Column("document_until", String(10)),
    Column("reminded_for", String(10)),
    Column("sealed_age", LargeBinary),
    Column("age_mark", String(80)),
    Column("age_day", String(80)),
    Column("imported", JSON(none_as_null=True)),
    Column("sealed_imported", LargeBinary),
    _when("created_at", nullable=False),
    UniqueConstraint("app", "ref"),
    Index("accounts_by_subject", "subject"),
    Index("accounts_by_document", "document_until"),
    Index("accounts_by_cancelling", "cancel_at"),
    Index("accounts_by_age_day", "age_day"),
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

orders = Table(
    "orders",
    metadata,
    _id(),
    _app(),
    Column("kind", String(20), nullable=False),
    Column("about", String(40), nullable=False),
    Column("ground", String(80), nullable=False),
    Column("asked_by", String(80), nullable=False),
    Column("confirmed_by", String(80)),
    _when("created_at", nullable=False),
)

UNDECIDED = text("codes IS NOT NULL")
"""Rows of an import that something stands against: people decide what becomes of them."""

imports = Table(
    "imports",
    metadata,
    _id(),
    _app(),
    Column("kind", String(20), nullable=False),
    Column("file_hash", String(80), nullable=False),
    Column("state", String(20), nullable=False),
    Column("by", String(80), nullable=False),
    Column("order", String(40)),
    Column("rows_done", BigInteger, nullable=False),
    Column("counts", JSON, nullable=False),
    Column("problems", JSON, nullable=False),
    _when("created_at", nullable=False),
    _when("ended_at"),
    Index("imports_by_file", "app", "kind", "file_hash"),
)

import_rows = Table(
    "import_rows",
    metadata,
    Column("app", String(80), primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("key", String(80), primary_key=True),
    Column("import", String(40), nullable=False),
    Column("line", BigInteger, nullable=False),
    Column("content_hash", String(80), nullable=False),
    Column("account", String(40), index=True),
    Column("person", String(40)),
    Column("codes", JSON(none_as_null=True)),
    _when("at", nullable=False),
    Index("import_rows_open", "app", "at", postgresql_where=UNDECIDED, sqlite_where=UNDECIDED),
)

claims = Table(
    "claims",
    metadata,
    _id(),
    _app(),
    Column("account", String(40), nullable=False, index=True),
    Column("subject", String(40), nullable=False),
    Column("verification", String(40), nullable=False),
    Column("state", String(20), nullable=False),
    Column("decided_by", String(80)),
    _when("created_at", nullable=False),
    _when("decided_at"),
)

phones = Table(
    "phones",
    metadata,
    _id(),
    _app(),
    Column("account", String(40), nullable=False, index=True),
    Column("number_hash", String(80), nullable=False),
    _when("bound_at", nullable=False),
    _when("unbound_at"),
    Index("phones_by_number", "app", "number_hash"),
)

pledges = Table(
    "pledges",
    metadata,
    _id(),
    _app(),
    Column("account", String(40), nullable=False, index=True),
    Column("text_version", String(40), nullable=False),
    Column("holds", JSON, nullable=False),
    _when("at", nullable=False),
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
    Column("because", JSON(none_as_null=True)),
    Column("serves_until", String(10), index=True),
    _when("opened_at", nullable=False),
    _when("lifted_at"),
    Column("lifted_by", String(80)),
    Index("holds_by_rule", "app", "opened_at", "source", "id"),
)

UNHASHED = text("sealed_typed IS NOT NULL AND name_hash IS NULL")
"""Typed before a verification could be found by it: after an upgrade, until maintenance has been there."""

KEPT = {part: text(f"{part}_ended_at IS NULL") for part in ("faces", "pictures", "names")}
"""Which verifications still have a part of what was handed in: those that maintenance looks through."""

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
    Column("name_hash", String(80)),
    Column("number_hash", String(80)),
    Column("token_hash", String(64)),
    _when("created_at", nullable=False),
    _when("submitted_at"),
    _when("decided_at"),
    _when("retry_at"),
    _when("expires_at", nullable=False),
    Index("verifications_by_app", "app", "id"),
    Index("verifications_by_name", "app", "name_hash"),
    Index("verifications_by_number", "app", "number_hash"),
    _when("faces_ended_at"),
    _when("pictures_ended_at"),
    _when("names_ended_at"),
    Index("verifications_unhashed", "id", postgresql_where=UNHASHED, sqlite_where=UNHASHED),
    *(Index(f"verifications_with_{part}", "app", "decided_at", postgresql_where=left, sqlite_where=left)
      for part, left in KEPT.items()),
)  # fmt: skip

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
    Column("recipients", JSON(none_as_null=True)),
    Column("guardian", String(40)),
)

guardians = Table(
    "guardians",
    metadata,
    _id(),
    _app(),
    Column("account", String(40), nullable=False, index=True),
    Column("verification", String(40)),
    Column("guardian", String(40), nullable=False, unique=True),
    Column("child_hash", String(80)),
    Column("state", String(20), nullable=False, index=True),
    Column("asks", JSON, nullable=False),
    Column("relation", String(20)),
    Column("face", Boolean),
    Column("text_version", String(40)),
    Column("recipients", JSON, nullable=False),
    Column("proof", String(40)),
    Column("proof_file", String(200)),
    Column("ground", String(40)),
    Column("decided_by", String(80)),
    _when("created_at", nullable=False),
    _when("agreed_at"),
    _when("decided_at"),
    _when("ended_at"),
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
    Column("verification", String(40), index=True),
    Column("account", String(40), index=True),
    Column("back", JSON(none_as_null=True)),
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
    Column("verification", String(40), index=True),
    Column("account", String(40), index=True),
    Column("back", JSON(none_as_null=True)),
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
    Column("sealed_asked", LargeBinary),
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

launches = Table(
    "launches",
    metadata,
    Column("hash", String(64), primary_key=True),
    _app(),
    _when("until", nullable=False, index=True),
)

challenges = Table(
    "challenges",
    metadata,
    _id(),
    _app(),
    Column("verification", String(40), nullable=False, index=True),
    Column("turns", JSON, nullable=False),
    Column("show_ms", JSON, nullable=False),
    Column("colours", JSON, nullable=False),
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

authority_calls = Table(
    "authority_calls",
    metadata,
    _id(),
    _app(),
    Column("account", String(40), nullable=False),
    Column("about", String(40), nullable=False, index=True),
    Column("round", Integer, nullable=False),
    Column("question", String(20), nullable=False),
    Column("source", String(80), nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("kind", String(20)),
    Column("request_id", String(120)),
    Column("vendor_code", String(120)),
    Column("provenance", String(40)),
    Column("charged", Boolean),
    Column("cost", Integer),
    Column("ms", Integer),
    _when("at", nullable=False),
    Index("authority_calls_by_time", "app", "at"),
    Index("authority_calls_by_source", "source", "at"),
    Index("authority_calls_by_account", "account", "at"),
)

authority_reservations = Table(
    "authority_reservations",
    metadata,
    Column("about", String(40), primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("question", String(20), primary_key=True),
    _app(),
    Column("account", String(40), nullable=False),
    Column("number_hash", String(80), nullable=False),
    Column("device", String(80)),
    Column("address", String(80)),
    Column("state", String(20), nullable=False),
    _when("at", nullable=False),
    Index("authority_reservations_by_account", "account", "at"),
    Index("authority_reservations_by_number", "number_hash", "at"),
    Index("authority_reservations_by_device", "device", "at"),
    Index("authority_reservations_by_address", "address", "at"),
    Index("authority_reservations_by_time", "at"),
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
    Index("judgements_by_time", "app", "at", "outcome", "by", "round"),
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
    Column("sealed_old_secret", LargeBinary),  # signs beside the new one until old_until
    _when("old_until"),
    Column("events", JSON(none_as_null=True)),  # what is sent there; null: everything
    _when("created_at", nullable=False),
    _when("disabled_at"),
    Column("lane", Integer, nullable=False, default=0, server_default="0"),  # among those of its app: see lanes.py
    Column("failures", Integer, nullable=False, default=0, server_default="0"),  # in a row: see breaker.py
    _when("rests_until"),  # by the database's clock
)

deliveries = Table(
    "deliveries",
    metadata,
    _id(),
    _app(),
    Column("message", String(40), nullable=False),
    Column("endpoint", String(40), nullable=False),
    Column("channel", String(20), nullable=False, default="webhook"),
    Column("state", String(20), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("answer", String(80)),
    Column("provider", String(80)),
    Column("provider_id", String(120)),
    Column("parts", Integer),
    Column("cost", Integer),
    _when("at", nullable=False),
    UniqueConstraint("message", "endpoint"),
    Index("deliveries_by_provider_id", "provider", "provider_id"),
    Index("deliveries_by_state", "app", "state", "id"),
)

source_outages = Table(
    "source_outages",
    metadata,
    Column("kind", String(20), primary_key=True),
    Column("source", String(80), primary_key=True),
    Column("why", String(20), nullable=False),
    Column("vendor_code", String(120)),
    Column("calls", Integer, nullable=False),
    _when("since", nullable=False),
    _when("at", nullable=False),
    _when("rests_until", nullable=False),
    _when("told_at"),
)

face_templates = Table(
    "face_templates",
    metadata,
    Column("app", String(80), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("subject", String(40), nullable=False, index=True),
    Column("verification", String(40), nullable=False, index=True),
    Column("model", String(80), nullable=False),
    Column("sealed_template", LargeBinary),
    Column("change", BigInteger, nullable=False),
    _when("at", nullable=False),
    Index("face_templates_by_change", "app", "change"),
)

face_changes = Table(
    "face_changes",
    metadata,
    Column("app", String(80), primary_key=True),
    Column("number", BigInteger, nullable=False),
)

appeals = Table(
    "appeals",
    metadata,
    _id(),
    _app(),
    Column("account", String(40), nullable=False, index=True),
    Column("verification", String(40), index=True),
    Column("hold", String(40), index=True),
    Column("state", String(20), nullable=False),
    Column("first_decider", String(80), nullable=False),
    Column("codes", JSON, nullable=False),
    Column("answered_by", String(80)),
    Column("pieces", JSON, nullable=False),
    Column("seen", JSON, nullable=False),
    Column("sealed_facts", LargeBinary),
    _when("created_at", nullable=False),
    _when("collect_until", nullable=False),
    _when("reminded_at"),
    _when("reopened_at"),
    _when("answered_at"),
    Column("ground", String(40)),
    Column("wrong", String(80)),
    Column("hand_in_when_seen", Boolean),
    Index("appeals_by_time", "app", "state", "collect_until"),
)

uploads = Table(
    "uploads",
    metadata,
    _id(),
    _app(),
    Column("appeal", String(40), nullable=False, index=True),
    Column("piece", String(20), nullable=False),
    Column("size", Integer, nullable=False),
    Column("received", Integer, nullable=False),
    Column("chunks", JSON, nullable=False),
    _when("created_at", nullable=False),
    _when("completed_at"),
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
    Column("agent", String(80)),
    Column("rating", Integer),
    _when("created_at", nullable=False),
    Index("tickets_by_state", "app", "state", "id"),
)

ticket_messages = Table(
    "ticket_messages",
    metadata,
    _id(),
    _app(),
    Column("ticket", String(40), nullable=False, index=True),
    Column("author", String(80), nullable=False),
    Column("sealed_text", LargeBinary, nullable=False),
    Column("file", String(200)),
    _when("at", nullable=False),
)

idempotency_records = Table(
    "idempotency_records",
    metadata,
    Column("id", String(80), primary_key=True),  # keyed hash of caller, method, path and key
    _app(),
    Column("body_hash", String(80), nullable=False),
    Column("lease", String(40), nullable=False),
    _when("lease_until", nullable=False),
    Column("wrote", Boolean, nullable=False),
    Column("made", JSON, nullable=False),
    _when("created_at", nullable=False, index=True),
    _when("answered_at"),
)

installation = Table(  # one row: which keys database the data keys of everything here lie in
    "installation", metadata, Column("id", Integer, primary_key=True, autoincrement=False),
    Column("keys_database", String(64), nullable=False),
)  # fmt: skip

releases = Table(  # that moved the tables, and the oldest one that may run beside each: see migrations
    "releases", metadata, Column("version", String(40), primary_key=True), Column("beside", String(40), nullable=False),
    _when("at", nullable=False),
)  # fmt: skip

workers = Table("workers", metadata, Column("id", String(80), primary_key=True), _when("seen_at", nullable=False))

# ── people who decide and people who help ────────────────────────────────────────────────────────────────────────────

staff = Table(
    "staff",
    metadata,
    _id(),
    Column("name", String(40), nullable=False, unique=True),
    Column("grants", JSON, nullable=False, server_default="{}"),
    Column("sealed_mail", LargeBinary),
    Column("mail_hash", String(80), unique=True),
    Column("outside_hash", String(80), unique=True),
    Column("password_hash", String(200), nullable=False),
    Column("sealed_totp", LargeBinary, nullable=False),
    Column("totp_step", BigInteger, nullable=False),
    Column("failures", Integer, nullable=False),
    _when("locked_until"),
    _when("created_at", nullable=False),
    _when("disabled_at"),
)

staff_sessions = Table(
    "staff_sessions",
    metadata,
    _id(),
    _app(),
    Column("staff", String(40), nullable=False, index=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    _when("created_at", nullable=False),
    _when("seen_at", nullable=False),
    _when("proved_at"),
    _when("ended_at"),
)

staff_tokens = Table(
    "staff_tokens",
    metadata,
    _id(),
    Column("kind", String(20), nullable=False),
    Column("staff", String(40), index=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("code_hash", String(64)),
    Column("challenge", String(80)),
    Column("sealed_totp", LargeBinary),
    _when("expires_at", nullable=False, index=True),
)

staff_passkeys = Table(
    "staff_passkeys",
    metadata,
    _id(),
    Column("staff", String(40), nullable=False, index=True),
    Column("label", String(60), nullable=False),
    Column("credential_hash", String(64), nullable=False, unique=True),
    Column("credential", LargeBinary, nullable=False),
    Column("counter", BigInteger, nullable=False),
    _when("created_at", nullable=False),
    _when("used_at"),
)

staff_proposals = Table(
    "staff_proposals",
    metadata,
    _id(),
    _app(),
    Column("staff", String(40), nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("roles", JSON, nullable=False),
    Column("sealed_mail", LargeBinary),
    Column("code_hash", String(64)),
    Column("asked_by", String(40), nullable=False),
    _when("created_at", nullable=False),
)

staff_notices = Table(
    "staff_notices",
    metadata,
    _id(),
    Column("staff", String(40), nullable=False),
    Column("event", String(40), nullable=False),
    Column("sealed_mail", LargeBinary, nullable=False),
    _when("created_at", nullable=False),
)

tries = Table(
    "tries",
    metadata,
    Column("whose", String(80), primary_key=True),
    _when("until", primary_key=True),
    Column("made", Integer, nullable=False),
)

MEASURING = text("measures IS NOT NULL")
"""Few among many: cases and rulings by which people are measured."""

cases = Table(
    "cases",
    metadata,
    _id(),
    _app(),
    Column("kind", String(20), nullable=False),
    Column("about", String(40), nullable=False),
    Column("account", String(40), nullable=False, index=True),
    Column("verification", String(40), index=True),
    Column("state", String(20), nullable=False),
    Column("codes", JSON, nullable=False),
    Column("risk", Integer, nullable=False),
    _when("opened_at", nullable=False),
    _when("deadline", nullable=False),
    _when("urgency", nullable=False),
    Column("senior", Boolean, nullable=False),
    Column("four_eyes", Boolean, nullable=False),
    Column("not_by", String(400), nullable=False),
    Column("assigned", String(80)),
    _when("assigned_at"),
    _when("locked_until"),
    _when("snoozed_until"),
    Column("snoozed_by", String(80)),
    _when("decided_at"),
    Column("measures", String(20)),
    Column("expected", JSON),
    Index("cases_by_urgency", "app", "state", "urgency"),
    Index("cases_by_holder", "app", "assigned", "state"),
    Index("cases_waiting", "app", "state", "kind", "senior", "deadline", "opened_at"),
    Index("cases_measuring", "app", "measures", "id", postgresql_where=MEASURING, sqlite_where=MEASURING),
    Index("cases_by_about", "about", "kind", "state", "measures"),
)

rulings = Table(
    "rulings",
    metadata,
    _id(),
    _app(),
    Column("case", String(40), nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("by", String(80), nullable=False),
    Column("verdict", String(20), nullable=False),
    Column("ground", String(40), nullable=False),
    Column("codes", JSON, nullable=False),
    Column("redo", JSON, nullable=False),
    Column("sealed_note", LargeBinary),
    Column("state", String(20), nullable=False),
    Column("measures", String(20)),
    Column("expected", JSON),
    _when("taken_at", nullable=False),
    _when("at", nullable=False),
    _when("concludes_at", nullable=False),
    Index("rulings_by_time", "app", "at"),
    Index("rulings_by_person", "app", "by", "at"),
    Index("rulings_measuring", "app", "at", postgresql_where=MEASURING, sqlite_where=MEASURING),
)

saved_views = Table(
    "saved_views",
    metadata,
    _id(),
    _app(),
    Column("staff", String(40), nullable=False, index=True),
    Column("page", String(20), nullable=False),
    Column("name", String(80), nullable=False),
    Column("query", String(500), nullable=False),
    _when("created_at", nullable=False),
)

bulks = Table(
    "bulks",
    metadata,
    _id(),
    _app(),
    Column("action", String(20), nullable=False),
    Column("ground", String(40), nullable=False),
    Column("assignee", String(80)),
    Column("query", String(500), nullable=False),
    Column("state", String(20), nullable=False),
    Column("asked_by", String(80), nullable=False),
    Column("settled_by", String(80)),
    _when("created_at", nullable=False),
    _when("ended_at"),
    Index("bulks_by_app", "app", "id"),
)

bulk_items = Table(
    "bulk_items",
    metadata,
    Column("bulk", String(40), primary_key=True),
    Column("case", String(40), primary_key=True),
    Column("state", String(20), nullable=False),
    Column("code", String(60)),
    _when("at"),
)

looks = Table(
    "looks",
    metadata,
    _id(),
    _app(),
    Column("account", String(40), nullable=False, index=True),
    Column("about", String(40), nullable=False),
    Column("by", String(80), nullable=False),
    Column("role", String(20), nullable=False),
    Column("what", String(60), nullable=False),
    Column("why", String(40), nullable=False),
    _when("at", nullable=False),
    Index("looks_about", "about", "by", "what", "at"),
    Index("looks_by_person", "app", "by", "id"),
)

contacts = Table(
    "contacts",
    metadata,
    _id(),
    _app(),
    Column("account", String(40), nullable=False, index=True),
    Column("channel", String(20), nullable=False),
    Column("address_hash", String(80), nullable=False, index=True),
    Column("sealed_address", LargeBinary, nullable=False),
    Column("verified", Boolean, nullable=False),
    _when("created_at", nullable=False),
    _when("removed_at"),
)

mails = Table(
    "mails",
    metadata,
    _id(),
    _app(),
    Column("state", String(20), nullable=False),
    Column("why", String(40)),
    Column("content_hash", String(80), nullable=False),
    Column("sender_hash", String(80)),
    Column("sealed_sender", LargeBinary),
    Column("file", String(200), nullable=False),
    Column("account", String(40), index=True),
    Column("appeal", String(40), index=True),
    Column("claim_hash", String(64), unique=True),
    Column("missing", JSON, nullable=False),
    Column("unused", JSON),
    Column("reply", String(20)),
    _when("at", nullable=False),
    _when("replied_at"),
    UniqueConstraint("app", "content_hash"),
    Index("mails_by_sender", "sender_hash", "replied_at"),
    Index("mails_by_reply", "replied_at"),
)

# ── what accounts do, and the rules that watch it ────────────────────────────────────────────────────────────────────

events = Table(
    "events",
    metadata,
    Column("app", String(80), primary_key=True),
    Column("id", String(80), primary_key=True),
    Column("account", String(40), nullable=False),
    Column("type", String(20), nullable=False),
    _when("at", nullable=False),
    _when("received_at", nullable=False),
    Column("device", String(40)),
    Column("ip", String(40)),
    Column("network", String(40)),
    Column("counterparty", String(40)),
    Column("facts", JSON, nullable=False),
    Column("sealed_ip", LargeBinary),
    Index("events_by_account", "account", "at"),
    Index("events_by_device", "app", "device", "at"),
    Index("events_by_ip", "app", "ip", "at"),
    Index("events_by_network", "app", "network", "at"),
    Index("events_by_counterparty", "app", "counterparty", "at"),
    Index("events_by_time", "app", "at"),
)

UNTOLD = text("refused IS NULL")

plays = Table(  # events of play that are still to be reported, or that were refused
    "plays",
    metadata,
    Column("app", String(80), primary_key=True),
    Column("event", String(80), primary_key=True),
    Column("id", String(40), nullable=False),
    Column("refused", String(120)),
    _when("at", nullable=False),
    Index("plays_untold", "app", "id", postgresql_where=UNTOLD, sqlite_where=UNTOLD),
)

play_lines = Table(  # one of each app's plays: how many were taken, who waits for what
    "play_lines",
    metadata,
    Column("app", String(80), primary_key=True),
    Column("reported", BigInteger, nullable=False),
    Column("failures", Integer, nullable=False),  # in a row
    _when("waits_until", nullable=False),  # by the database's clock: nobody else tells of it, or nobody at all
)

window_states = Table(
    "window_states",
    metadata,
    Column("app", String(80), primary_key=True),
    Column("by", String(24), primary_key=True),
    Column("whose", String(300), primary_key=True),
    Column("account", String(40), index=True),
    _when("last_at", nullable=False),
    _when("last_seen", nullable=False),
    Column("last_event", String(80), nullable=False),
    Column("state", Text, nullable=False),
)

JUDGED = text("decided_by IS NOT NULL")

flags = Table(
    "flags",
    metadata,
    _id(),
    _app(),
    Column("account", String(40), nullable=False),
    Column("rule", String(40), nullable=False),
    Column("policy", String(80), nullable=False),
    Column("does", String(10), nullable=False),
    _when("hour", nullable=False),
    Column("event", String(80), nullable=False),
    Column("hits", Integer, nullable=False),
    Column("said", JSON, nullable=False),
    Column("events", JSON, nullable=False),
    Column("hold", String(40)),
    Column("state", String(20), nullable=False),
    Column("decided_by", String(80)),
    _when("at", nullable=False),
    _when("decided_at"),
    UniqueConstraint("account", "rule", "policy", "hour"),
    Index("flags_by_app", "app", "state", "id"),
    Index("flags_by_person", "app", "decided_by", "id", postgresql_where=JUDGED, sqlite_where=JUDGED),
)

chores = Table(
    "chores",
    metadata,
    Column("app", String(80), primary_key=True),
    Column("name", String(40), primary_key=True),
    _when("done_at", nullable=False),
)

policies = Table(
    "policies",
    metadata,
    Column("app", String(80), primary_key=True),
    Column("version", String(80), primary_key=True),
    Column("state", String(20), nullable=False),
    Column("text", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("waves", JSON, nullable=False),
    Column("written_by", String(80), nullable=False),
    Column("tried_by", String(80)),
    Column("proposed_by", String(80)),
    Column("approved_by", String(80)),
    Column("ended_by", String(80)),
    _when("created_at", nullable=False),
    _when("tried_at"),
    _when("approved_at"),
    _when("ended_at"),
)

policy_trials = Table(
    "policy_trials",
    metadata,
    _id(),
    _app(),
    Column("version", String(80), nullable=False),
    Column("asked_by", String(80), nullable=False),
    Column("state", String(20), nullable=False),
    Column("percent", Integer, nullable=False),
    _when("since", nullable=False),
    _when("created_at", nullable=False),
    _when("ended_at"),
    Column("result", JSON),
    Column("plot", LargeBinary),
    Index("policy_trials_by_app", "app", "id"),
)

brands = Table(
    "brands",
    metadata,
    Column("app", String(80), primary_key=True),
    Column("zh", String(80), nullable=False),
    Column("en", String(80), nullable=False),
    Column("colour", String(7), nullable=False),
    Column("corner", Integer, nullable=False),
    Column("logo", LargeBinary, nullable=False),
    Column("changed_by", String(80), nullable=False),
    _when("changed_at", nullable=False),
)
