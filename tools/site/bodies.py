"""What the examples of the API reference send, by operation, and what stands for the things that addresses name.

A test sends each to a server, which has to understand it, and finds operations that need a body and have none here.
"""

from collections.abc import Mapping
from typing import Any

PERSON = {"name": "张合格", "number": "170213199103140138"}
PHONE = "12012345678"
LOGIN = {"type": "login", "id": "login-1", "account": "user-42", "at": "2026-11-19T08:00:00.000Z", "device": "phone-1"}
FACTS = {**PERSON, "account_name": "user-42", "prompt_seen": "姓名和身份证号码对不上", "device_model": "Mate 60",
         "app_version": "5.13.0", "contact": PHONE}  # fmt: skip
NOTICE, FIRST, ALL = (f"2027-03-0{day}T02:00:00.000Z" for day in (1, 2, 4))
WAVES = [{"at": FIRST, "share": 5, "notice_at": NOTICE}, {"at": ALL, "share": 100, "notice_at": NOTICE}]

BODIES: Mapping[str, Mapping[str, Any]] = {
    "createVerification": {"account": "user-42", "level": "basic"},
    "giveConsent": {"face": True},
    "giveIdentity": PERSON,
    "givePhone": {"phone": PHONE},
    "giveBankCard": {"card": "6222020111122220002", "phone": PHONE},
    "reportProfile": {"filled": ["avatar", "birthday"]},
    "reportPhone": {"phone": PHONE},
    "confirmPhone": {"phone": PHONE, **PERSON, "code_confirmed": True},
    "inviteGuardian": {"capabilities": ["live"]},
    "importRows": {"kind": "verified", "rows": [{
        "account": "user-42", "level": "basic", "verified_at": "2025-06-01T10:00:00+08:00", "verified_by": "旧平台",
        "number": PERSON["number"],
    }]},
    "openHold": {"reason": "login_risk", "capabilities": ["withdraw"], "requirements": ["verify:standard"]},
    "makePledge": {},
    "makeHolderPledge": {},
    "decideHold": {"verdict": "lift"},
    "askBlock": {"account": "user-42", "ground": "violation_fraud"},
    "askUnblock": {"account": "user-42", "ground": "violation_fraud"},
    "askMove": {"source": "user-42", "target": "user-43"},
    "decideClaim": {"verdict": "keep"},
    "putContact": {"channel": "sms", "address": PHONE},
    "promptHolder": {"capability": "live", "return_url": "https://your.app/live"},
    "addClient": {"name": "android", "min_version": "5.12"},
    "createAccountLink": {"return_url": "https://your.app/"},
    "reportEvents": LOGIN,
    "decideFlag": {"word": "upheld"},
    "checkPolicy": {"text": 'name = "ours"\n'},
    "addPolicy": {"text": 'name = "ours"\n'},
    "tryPolicy": {},
    "proposePolicy": {"waves": WAVES},
    "addAppealFacts": FACTS,
    "beginUpload": {"size": 1000000},
    "claimMail": {"token": "out-of-the-link"},
    "decideVerification": {"verdict": "approve"},
    "answerAppeal": {"answer": "uphold"},
    "openTicket": {"account": "user-42", "topic": "result_unclear", "text": "为什么没有通过？"},
    "writeMessage": {"text": "您好，请再拍一次正面。"},
    "rateTicket": {"score": 5},
    "addWebhookEndpoint": {"url": "https://93.184.215.14/hooks/shiming"},
    "changeWebhookEndpoint": {"events": ["verification.approved"]},
    "resendFailedWebhooks": {"endpoint": "hook_01m0000000000000000000000a"},
    "triggerWebhook": {"event": "verification.approved"},
}
FILES: Mapping[str, Mapping[str, str]] = {
    "addFace": {"challenge": "cha_01m0000000000000000000000a", "times_ms": "0,250,500", "frames": "@frame.jpg"},
    "addPicture": {"picture": "@front.jpg"},
    "addAppealVideo": {"video": "@failure.mp4"},
    "addAppealPicture": {"picture": "@screen.jpg"},
    "addTicketPicture": {"picture": "@screen.jpg"},
}
"""Forms: `@` stands before the name of a file."""
NAMED = {"account": "user-42", "capability": "live", "act": "keep", "version": "strict-1", "place": "place-1"}
PREFIX = {"verifications": "ver", "appeals": "apl", "tickets": "tkt", "holds": "hld", "webhook_endpoints": "hook",
          "webhook_deliveries": "dlv", "uploads": "upl", "clients": "cli", "claims": "clm", "flags": "flg",
          "blocks": "ord", "unblocks": "ord",
          "moves": "ord", "inbox": "msg", "pictures": "tms"}  # fmt: skip


def in_path(path: str, name: str, schema: Mapping[str, Any]) -> str:
    """What stands for `{name}` in an address."""
    if name in NAMED:
        return NAMED[name]
    if name == "piece":
        return next(each for each in schema["enum"] if each != "handheld_front")
    noun = path.partition("{" + name + "}")[0].rstrip("/").rpartition("/")[2]
    return f"{PREFIX.get(noun, name[:4])}_01m0000000000000000000000a"
