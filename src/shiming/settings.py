"""Every setting: one row with its name, default and meaning. Set by environment variables `SHIMING_<NAME>`."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

PLACES = {
    "database_url": "sqlite:///{root}/shiming.db",
    "keys_url": "sqlite:///{root}/keys.db",
    "key_file": "{root}/master.keys",
    "files_url": "file://{root}/files",
    "backups": "{root}/backups",
}
"""Where things lie inside the data folder, unless a setting says otherwise."""


def setting(default: Any, meaning: str) -> Any:
    """One row."""
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one process."""

    data: str = setting("data", "Folder for everything that is kept, unless a setting below says otherwise.")
    database_url: str = setting(
        "", "Main database: sqlite:///… (the default, in the data folder) or postgresql+psycopg://…."
    )
    database_connections: int = setting(
        10, "Most connections that one process keeps to the main database, besides a few of fixed number (operate.md)."
    )
    serve_processes: int = setting(1, "How many `shiming serve` use these databases: for the sum of connections.")
    work_processes: int = setting(0, "How many `shiming work` there are besides: for the sum of connections.")
    gate_processes: int = setting(0, "How many `shiming gate` there are besides: for the sum of connections.")
    connection_limit: int = setting(
        0, "Connections that the database server has room for; 0: it is asked. Behind a pooler: what the pooler takes."
    )
    listen_url: str = setting(
        "", "Where database_url is a pooler's: the PostgreSQL server itself (same database), where workers hear that "
        "work is waiting. Without it they look for it several times a second."
    )  # fmt: skip
    keys_url: str = setting("", "Database of the wrapped data keys; kept out of the main database's backups.")
    key_file: str = setting(
        "", "File with the master keys (mode 0600). Made at first start; without it nothing can be read."
    )
    crypto: str = setting(
        "international", "Algorithms of new writing: international (AES-256-GCM, HMAC-SHA256, Ed25519) or commercial "
        "(商用密码: SM4-GCM, HMAC-SM3, SM2). Both are read; keys.md says how to move."
    )  # fmt: skip
    key_provider: str = setting(
        "file", "By what the key file is sealed: file (nothing: the keys lie in it as they are), vault (a key of the "
        "Transit engine of Vault or OpenBao), pkcs11 (a key in an HSM): keys.md."
    )  # fmt: skip
    key_hours: float = setting(
        24, "Hours for which a process that has its keys goes on without an answer of vault or pkcs11; 0: as long as "
        "it runs. None starts without."
    )  # fmt: skip
    vault_address: str = setting("", "Where Vault or OpenBao is: https://vault.example.cn:8200.")
    vault_key_name: str = setting("", "Where its Transit engine is mounted, and the key's name: transit/shiming.")
    vault_token_file: str = setting("", "File with the token, read at each question (Vault Agent keeps it fresh).")
    vault_token: str = setting("", "The token itself, where there is no file of it.")
    vault_namespace: str = setting("", "Its namespace, where it has several.")
    vault_ca: str = setting("", "File of the certificate authority that it is believed by; empty: the system's.")
    pkcs11_module: str = setting(
        "", "The HSM's PKCS#11 library: /usr/lib/softhsm/libsofthsm2.so. Needs the extra `pkcs11`."
    )
    pkcs11_token_label: str = setting("", "Label of its token.")
    pkcs11_key_label: str = setting("", "Label of its AES key.")
    pkcs11_pin_file: str = setting("", "File with the PIN of the token's user.")
    pkcs11_pin: str = setting("", "The PIN itself, where there is no file of it.")
    files_url: str = setting("", "Where sealed pictures lie: file:///…, s3://bucket/…, gs://…, az://….")
    erasures_url: str = setting(
        "", "Where the list of those who were erased is kept, by which a restore goes: file:///…, s3://…. Empty: "
        "beside the pictures (/.erasures). Best on neither the databases' machine nor the backups' (operate.md)."
    )  # fmt: skip
    backups: str = setting("", "Folder that `shiming backup write` writes to.")
    backup_data_key: str = setting(
        "", "Public half (a file) of the key that backups of database and files are sealed for: shiming backup new-key."
    )
    backup_keys_key: str = setting("", "Public half of the key for backups of the keys; it ends on a day of its own.")
    backup_hours: int = setting(
        26, "Hours after which the last backup is too old: alarm, `shiming doctor`; 0: never asked."
    )
    weights: str = setting(".cache/weights", "Folder of the model weights that set-up has fetched.")
    log: str = setting("text", "How the log is written, on standard error: text, or json with one object a line.")
    access_log: str = setting(
        "calls", "Which requests get a line in the log: off, errors (500 and above), calls (all but the gate and "
        "health, which have one only for errors), all."
    )  # fmt: skip
    metrics_port: str = setting(
        "", "Where figures for Prometheus are served, /metrics: a port on loopback, or address:port. The process that "
        "runs workflows beside a server takes the next port. Empty: nowhere."
    )  # fmt: skip
    traces: str = setting(
        "", "Where traces go: an OpenTelemetry collector (OTLP over HTTP), http://127.0.0.1:4318. Needs the extra "
        "`traces`; a private place has to stand in SHIMING_PRIVATE_HOSTS. Empty: nowhere."
    )  # fmt: skip
    host: str = setting("127.0.0.1", "Address to serve on.")
    port: int = setting(8321, "Port to serve on.")
    public_url: str = setting(
        "", "Address under which holders' phones reach this server, https://…; without it http://host:port."
    )
    titles: str = setting(
        "", "App names on holders' pages until the console sets one: app=名字|English name;…. Else the handle."
    )
    contact: str = setting("", "What holders' pages name for help: a telephone number, an address, opening hours.")
    embed_origins: str = setting("", "Origins whose pages may show the holder's pages in an iframe: https://…,….")
    vision_workers: int = setting(0, "Processes that look at pictures; 0: one per core.")
    call_threads: int = setting(
        0, "Calls that the HTTP process works on at once; 0: two per core. Pictures, signing in and the gate have "
        "threads of their own."
    )  # fmt: skip
    decision_seconds: int = setting(
        30, "Seconds that a decision may wait for a worker. Beyond, ever more new verifications are refused (503), all "
        "of them at twice as much, until the workers have caught up; 0: never."
    )  # fmt: skip
    body_megabytes: int = setting(
        256, "Megabytes of bodies (pictures on their way in) that the HTTP process holds at once; one key half of it."
    )
    connections: int = setting(4096, "Connections that the HTTP process holds open at once, those that idle included.")
    worker_growth_megabytes: int = setting(
        500, "Megabytes that a process which looks at pictures may grow by before it is replaced, between two pictures."
    )
    work_concurrency: int = setting(4, "Workflows of one kind that one worker process runs at once.")
    policy: str = setting(
        "default-1", "Policy until one is published: default-1, or cautious-1 (always asks for the hand-held photo)."
    )
    event_days: int = setting(400, "Days for which events, and the flags raised on them, are kept.")
    address_days: int = setting(30, "Days for which an event's whole address is kept; then only network and town.")
    sources: str = setting(
        "", "File of sources (TOML): whom to ask and to send by, with keys, limits and prices (providers.md)."
    )
    sources_abroad: str = setting(
        "", "Sources of that file that may be used although they are outside mainland China: name,…; each start that "
        "uses one is in the audit trail. Any other one is refused."
    )  # fmt: skip
    authorities: str = setting(
        "first=simulated,second=simulated", "Authority sources in the order in which they are asked: name=provider,…."
    )
    carriers: str = setting(
        "first=simulated,second=simulated", "Sources that know whose a phone number is, asked in turn: name=provider,…."
    )
    banks: str = setting("first=simulated,second=simulated", "Sources that know whose a bank card is, asked in turn.")
    simulated_register: str = setting(
        "", "Folder of NUMBER.jpg: the photos that the simulated authority has on record."
    )
    platform_name: str = setting("Shiming", "The platform's name, as notices say it.")
    sms: str = setting("simulated=simulated", "Providers of SMS in the order in which they are tried: name=provider,….")
    mail: str = setting("simulated=simulated", "Providers of mail: name=provider,…; smtp=smtp is the server below.")
    smtp_host: str = setting("127.0.0.1", "Mail server.")
    smtp_port: int = setting(587, "Its port.")
    smtp_security: str = setting("starttls", "starttls, tls, or none (a server on this machine only).")
    smtp_user: str = setting("", "Name to sign in with at the mail server.")
    smtp_password: str = setting("", "Password for it.")
    mail_from: str = setting("noreply@localhost", "Address that mail comes from.")
    support_mail: str = setting("", "Mail address of support, as holders are told it.")
    support_phone: str = setting("", "Phone number of support.")
    support_hours: str = setting("", "When it is answered.")
    mail_app: str = setting("demo.test", "Side of an app for which `shiming mail` takes appeals in.")
    mail_listen: str = setting("127.0.0.1:2424", "Where `shiming mail listen` waits for the mail server in front.")
    mail_protocol: str = setting("lmtp", "lmtp or smtp.")
    mail_server: str = setting(
        "", "Name (authserv-id) by which our own mail server signs Authentication-Results; only it is believed."
    )
    mail_link: str = setting("", "Page of the platform that replies to mail lead to; the holder signs in there.")
    imap_host: str = setting("", "Mailbox for `shiming mail poll`.")
    imap_port: int = setting(993, "Its port.")
    imap_user: str = setting("", "Name to sign in with.")
    imap_password: str = setting("", "Password for it.")
    imap_folder: str = setting("INBOX", "Folder to take mail from.")
    kafka: str = setting("", "File about the brokers, name=value as librdkafka has it, for `shiming consume`.")
    identity: str = setting(
        "", "Outside party whose verified name and number holders may use: provider=its address; empty: none."
    )
    oidc_issuer: str = setting("", "Issuer of single sign-on for staff (OpenID Connect): https://….")
    oidc_client: str = setting("", "The name (client_id) under which it knows this server.")
    oidc_secret: str = setting("", "Secret for it; empty for a client that has none.")
    oidc_factor: str = setting(
        "mfa", "What its ID token must name in amr or acr: that a second factor was used. Empty: its word is enough."
    )
    oidc_scope: str = setting(
        "openid email", "What it is asked for; some issuers name groups only where asked: openid email groups."
    )
    oidc_claim: str = setting(
        "", "Claim of the ID token that gives staff their roles: groups, realm_access.roles. Empty: roles stand here."
    )
    oidc_roles: str = setting(
        "", "Which role each of its values gives, on the sides of apps where somebody is on the list: value=role;…, or "
        "on one of them: value=role@demo.live. Other values give none."
    )  # fmt: skip
    trusted_proxies: str = setting(
        "", "Proxies in front, whose X-Forwarded-For says who asks: 10.0.0.2,10.0.3.0/24,…; empty: nobody's."
    )
    fetch_private: str = setting(
        "", "For development: private places that webhooks may go to all the same: 127.0.0.1:9000,10.0.0.0/8,…."
    )
    private_hosts: str = setting(
        "", "Private places that the settings above may name (issuer, identity, mail, storage): idp.lan,10.0.3.0/24,…."
    )
    requests_per_minute: int = setting(
        6000, "Requests that one key may make per minute, at all servers together; a holder's token 1/20."
    )
    face_index: str = setting(
        "", "Where stored faces are searched: empty for the memory of each worker, or a Milvus, "
        "https://user:password@host:19530/database (extra `milvus`), whose place stands in SHIMING_PRIVATE_HOSTS."
    )  # fmt: skip
    face_index_volume: str = setting(
        "", "What whoever runs that Milvus says of the disks on which it keeps its data: encrypted. It is not used "
        "otherwise; each start that does is in the audit trail."
    )  # fmt: skip
    face_index_limit: int = setting(
        2_000_000, "Most faces that a worker may hold in memory for the search, at about 170 bytes each."
    )
    retry_seconds: float = setting(
        30.0, "First pause before an authority that was down is asked again; doubles up to an hour."
    )

    @classmethod
    def load(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Settings from the environment. Raises ValueError naming a value that is not of its kind."""
        given = {}
        for row in fields(cls):
            text = environment.get(f"SHIMING_{row.name.upper()}")
            if text is not None:
                given[row.name] = _typed(row.name, row.type, text)
        return cls(**given)

    def address(self) -> str:
        """Where holders' links point to, without a slash at the end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    def contact_points(self) -> dict[str, str]:
        """Where support is reached, as holders are told it."""
        return {"mail": self.support_mail, "phone": self.support_phone, "hours": self.support_hours}

    def place(self, name: str) -> str:
        """A place that was not set: inside the data folder."""
        root = os.path.abspath(self.data)
        if name == "erasures_url" and not self.erasures_url:
            return f"{self.place('files_url').rstrip('/')}/.erasures"
        return getattr(self, name) or PLACES[name].format(root=root)


def _typed(name: str, kind: type, text: str) -> Any:
    try:
        return kind(text)
    except ValueError:
        raise ValueError(f"SHIMING_{name.upper()} must be a {kind.__name__}, not '{text}'.") from None
