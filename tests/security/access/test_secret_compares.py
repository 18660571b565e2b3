"""Every comparison of a secret takes as long whatever it finds, and none fails on what cannot be a secret.

Found by looking at all comparisons in src/: `==`, `!=` and `in` with something named like a secret. A look-up of a
random secret's hash in the database is no such comparison: what its time tells is about a hash that nobody can choose.
"""

import ast
import re
from pathlib import Path

from tests.application import application

SOURCE = Path(__file__).parents[3] / "src" / "shiming"
NAMES = re.compile(
    r"(^|_)(token|secret|hash|hmac|mac|signature|password|digest|csrf|nonce|verifier|totp|otp|launch|cookie)$"
)
CODES = ("web/console/", "store/staff", "store/links", "workflows/sign_in", "web/flow/handoff")
"""Where a code is one that lets somebody in; elsewhere it is a reason."""
EQUAL = (ast.Eq, ast.NotEq, ast.In, ast.NotIn)
COLUMN = re.compile(r"[A-Z]{1,2}|c")
DRAWS = {"web/flow/entry/handoff.py", "web/http/backlog.py", "workflows/verification/intake.py"}
JUDGED = {
    "bench/face.py: hashlib.sha256(name.encode()).digest()[0] % 2 == 1": "draws halves of a data set",
    "risk/rules.py: taken.signature == feature.signature": "what a feature computes",
    "workflows/risk/policy_rollout.py: before[f].signature == stays.plan.features[f].signature": "no secret",
    "store/audit/chain_check.py: digest != stored": "the trail is public to whoever checks it",
    "store/audit/chain_check.py: claim[0] == digest": "the trail is public to whoever checks it",
    "store/audit/chain_check.py: self.claims.setdefault(sequence, (digest, 'the log'))[0] != digest": "as above",
    "store/audit/chain_check.py: line['previous'] != self.last_hash": "the trail is public to whoever checks it",
    "store/audit/signed_notes.py: (name, signature) not in lines": "checkpoints are public",
    "store/crypto/key_file.py: len(secret) != KEY_BYTES": "a length",
    "store/backup/artefact.py: bytes.fromhex(end['digest']) != digest": "both are the reader's; a signature is checked",
    "vision/compiled_cache.py: told.tobytes() == _hash(made_from, content)": "a checksum of compiled networks",
    "providers/sources_file.py: kind in (str, Secret)": "types",
    "store/access/idempotency.py: found.body_hash not in bodies": "of the caller's own body",
    "workflows/staff/sign_in_setup.py: name in password": "what they type themselves",
    "web/access.py: secret[:3] in HOLDERS": "how tokens of holders begin",
    "web/console/support/tickets.py: code in reasons.CATALOGUE": "a reason",
    "web/console/words.py: code in reasons.CATALOGUE": "a reason",
    "web/console/risk/policy_words.py: code in reasons.CATALOGUE": "a reason",
    "workflows/verification/guardians.py: given.child_hash not in (None, *context.lookup.candidates(*typed.key))":
        "keyed hashes of ours; nobody hands one in",
    "workflows/verification/new_beginning.py: given.child_hash in hashes": "keyed hashes of ours; nobody hands one in",
    "workflows/verification/new_beginning.py: row.number_hash not in own": "keyed hashes of ours; nobody hands one in",
    "store/account/guardians.py: row.child_hash in known": "keyed hashes of ours; nobody hands one in",
    "store/account/subjects.py: hash not in found": "keyed hashes of ours; nobody hands one in",
    "web/flow/me/account.py: known_by(context_of(request), secret).verification == verification": "an id",
}  # fmt: skip


def compared(text, name):
    """Comparisons of this file in which something is named like a secret."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Compare) and any(isinstance(op, EQUAL) for op in node.ops):
            parts = [part for side in (node.left, *node.comparators) for part in ast.walk(side)]
            if not any(map(is_column, parts)) and any(is_secret(part, name) for part in parts):
                yield f"{name}: {ast.unparse(node)}"


def is_secret(part, name):
    if isinstance(part, ast.Name) and part.id == "code":
        return name.startswith(CODES)
    called = part.id if isinstance(part, ast.Name) else part.attr if isinstance(part, ast.Attribute) else ""
    return bool(NAMES.search(called.lower()))


def is_column(part):
    """`K.hash` or `api_keys.c.hash`: compared by the database."""
    base = part.value if isinstance(part, ast.Attribute) else None
    called = base.id if isinstance(base, ast.Name) else base.attr if isinstance(base, ast.Attribute) else ""
    return bool(COLUMN.fullmatch(called))


def files():
    return {path.relative_to(SOURCE).as_posix(): path.read_text("utf-8") for path in sorted(SOURCE.rglob("*.py"))}


def test_secrets_are_compared_in_constant_time():
    found = {one for name, text in files().items() for one in compared(text, name)}
    assert found - set(JUDGED) == set(), "use hmac.compare_digest on bytes, or say in JUDGED why this is no secret"
    assert set(JUDGED) - found == set(), "these are gone: take them off the list"


def test_the_search_finds_what_it_is_for():
    planted = ["token == given", "x.csrf != sent", "given in (a.secret, b)", "kept.password_hash == hashed(password)"]
    assert [len(list(compared(one, "web/x.py"))) for one in planted] == [1, 1, 1, 1]
    assert list(compared("sent == code", "web/console/x.py")) and not list(compared("sent == code", "checks/x.py"))
    assert not list(compared("select(K.id).where(K.hash == secret_hash(secret))", "store/x.py"))


def test_constant_time_comparison_is_given_bytes():
    """Given text that is not ASCII it raises, which was a 500 to whoever sent some. The key outside gives bytes."""
    calls = [(name, node) for name, text in files().items() for node in ast.walk(ast.parse(text))
             if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("compare_digest")]  # fmt: skip
    assert len(calls) >= 5
    text = [f"{name}: {ast.unparse(node)}" for name, node in calls
            if not all(ast.unparse(arg).endswith((".encode()", "digest()")) for arg in node.args)]  # fmt: skip
    assert [each for each in text if not each.startswith("store/crypto/outside_key.py: ")] == []


def test_what_nobody_may_guess_is_not_drawn_by_random():
    """`random` is for what is no secret: which decoys a page shows; SystemRandom draws the challenge."""
    says = re.compile(r"^\s*(import random|from random import)", re.MULTILINE)
    drawing = {name for name, text in files().items() if says.search(text)}
    assert {name for name in drawing if not name.startswith(("demo/", "bench/"))} == DRAWS


def test_a_launch_that_is_not_ascii_is_refused_like_any_other(tmp_path):
    with application(tmp_path) as home:
        platform = home.key()
        assert platform.post("/v1/clients", json={"name": "android"}).status_code == 201
        made = platform.post("/v1/accounts/zhang/me", json={}).json()
        page, _, link = made["url"].partition("#")
        path = "/" + page.split("://")[1].partition("/")[2]
        for launch in ("eyJjbGllbnQiOiJhbmRyb2lkIn0.签名", "签名.签名", "."):
            answer = platform.post(f"{path}/open", json={"link": link, "launch": launch})
            assert answer.status_code == 403, answer.text
