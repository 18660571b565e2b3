"""For the platform's own pages: the prompt to verify, and which of its apps may open the holder's pages."""

import base64
import secrets
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import Field
from sqlalchemy import Connection, Row

from shiming.account.ways_out import Way
from shiming.levels import Level
from shiming.store.access import idempotency, launch_clients, links_and_tokens
from shiming.store.access.api_keys import Caller
from shiming.store.account import accounts
from shiming.store.database import new_id
from shiming.store.verification import verifications
from shiming.web.access import allow, context_of
from shiming.web.api import account_links, views
from shiming.web.http.fields import Kind, Strict, WebAddress
from shiming.web.http.idempotency import IdempotentRoute, replay
from shiming.workflows.context import Context
from shiming.workflows.verification import start_links

router = APIRouter(prefix="/v1", tags=["prompts"], route_class=IdempotentRoute)
Platform = Annotated[Caller, Depends(allow("platform"))]
SAFE = {
    "zh": "认证免费，大约 2 分钟；不会有人向您要钱或验证码。",
    "en": "It is free and takes about two minutes; nobody will ask you for money or codes.",
}
WORDS = {
    "use": {
        "zh": ("请先完成实名认证", "使用这个功能需要实名认证。"),
        "en": ("Please verify your identity", "This function needs a verified identity. "),
    },
    "hold": {
        "zh": ("账号目前受限，请完成实名认证", "完成实名认证可以解除限制。"),
        "en": ("Your account is limited: please verify", "Verifying your identity lifts the limit. "),
    },
    "part": {
        "zh": ("账号目前受限，请完成实名认证", "完成实名认证可以解除其中一部分限制，其余的写在“我的账号”里。"),
        "en": (
            "Your account is limited: please verify",
            "Verifying your identity lifts a part of the limits; “My account” says what lifts the rest. ",
        ),
    },
    "account": {
        "zh": ("账号的部分功能受限", "原因和解除办法都在“我的账号”里，不需要认证。"),
        "en": ("Parts of your account are restricted", "“My account” says why and what lifts it; no need to verify. "),
    },
}
BUTTONS = {"zh": ("立即认证", "以后再说"), "en": ("Verify now", "Later")}
TO_ACCOUNT = {"zh": "去看看", "en": "See how"}


class Prompt(Strict):
    capability: str = Field("", max_length=40, description="What the holder was about to do; empty: they came in.")
    return_url: WebAddress | None = None
    kind: Kind = Field("personal", description="Kind of account, where it is new to us.")
    locale: Literal["zh-CN", "en"] = "zh-CN"


class NewClient(Strict):
    name: str = Field(pattern="^[A-Za-z0-9][A-Za-z0-9.-]{0,39}$", examples=["android"])
    min_version: str = Field("0", max_length=40, pattern=r"^\d+(\.\d+)*$")


def _prompted(account: str, body: Prompt, made: dict, caller: Caller, request: Request) -> dict:
    """The same verification, with a fresh link; where none was needed, whether one is now."""
    if "verification" not in made:
        return prompt(account, body, caller, request)
    context = context_of(request)
    with context.database.write() as connection:
        row = verifications.alive(connection, caller.app, made["verification"])
        return _asked(context, connection, row, made, request)


@router.post("/accounts/{account}/prompt")
@replay(_prompted)
def prompt(account: str, body: Prompt, caller: Platform, request: Request) -> dict:
    """Whether this holder should verify now; if so, the words for your own dialog and the link behind its button. Where
    something else lifts what holds them back, words and link lead to my account (`held`)."""
    context = context_of(request)
    wanted = start_links.wanted(context, caller.app, account, body.kind, body.capability)
    level, why = wanted.level, wanted.why
    said = {
        "needed": level is not Level.NONE,
        "held": bool(wanted.out.holds),
        "verification": None,
        "ways_out": wanted.out.ways if not wanted.refusal else [w for w in wanted.out.ways if w != Way.VERIFY],
    }
    if level is Level.NONE:
        url = _to_account(context, caller, account, body, request) if why else None
        return {**said, "level": None, "url": url, "words": _to_account_words(wanted) if why else None}
    with context.database.write() as connection:
        held = accounts.get_or_open(connection, caller.app, account, body.kind, body.locale, context.now())
        row = start_links.taken_up(context, connection, held, level, body.locale, body.return_url)
        facts = {"level": level, "why": why, "held": said["held"], "ways_out": [str(way) for way in said["ways_out"]]}
        idempotency.made(verification=row.id, **facts)
        asked = _asked(context, connection, row, facts, request)
        context.note(connection, caller.app, caller.name, "verification.prompted", row.id)
    return asked


def _asked(context: Context, connection: Connection, row: Row, facts: dict, request: Request) -> dict:
    url = request.app.state.site.link(row.id, links_and_tokens.make_link(connection, row, context.now()))
    said = {name: facts[name] for name in ("held", "level", "ways_out")}
    return {"needed": True, **said, "verification": row.id, "url": url, "words": _words(facts["why"])}


def _to_account(context: Context, caller: Caller, ref: str, body: Prompt, request: Request) -> str:
    with context.database.write() as connection:
        row = accounts.by_ref(connection, caller.app, ref)
        back = {"return": body.return_url} if body.return_url else {}
        return account_links.link(connection, row, back, caller, request)


def _words(why: str) -> dict:
    said = {}
    for language, (title, text) in WORDS[why].items():
        button, later = BUTTONS[language]
        said[language] = {"title": title, "text": text + SAFE[language], "button": button, "later": later}
    return said


def _to_account_words(wanted: start_links.Wanted) -> dict:
    """Why verifying is of no use now, and what is: a reason of the catalogue, or that my account says it."""
    said = {}
    for language, (_, later) in BUTTONS.items():
        title, text = WORDS["account"][language] if wanted.why == "account" else views.why_not(wanted, language)
        said[language] = {"title": title, "text": text, "button": TO_ACCOUNT[language], "later": later}
    return said


def _client_again(body: NewClient, made: dict, answered: bool, caller: Caller, request: Request) -> dict:
    """Its secret was shown; one that a crash kept from everybody is drawn anew."""
    context, id, text = context_of(request), made["client"], None
    with context.database.write() as connection:
        launch_clients.get(connection, caller.app, id)
        if not answered:
            text, sealed = _secret(context, id)
            launch_clients.change_secret(connection, id, sealed)
    return {"id": id, "name": body.name, "min_version": body.min_version, "secret": text, "shown_once": True}


@router.post("/clients", status_code=201)
@replay(_client_again)
def add_client(body: NewClient, caller: Platform, request: Request) -> dict:
    """Let only launches signed with this secret open your holders' pages. It is shown this once. No client: any may."""
    context, id = context_of(request), new_id("cli")
    text, sealed = _secret(context, id)
    with context.database.write() as connection:
        launch_clients.add(connection, id, caller.app, body.name, body.min_version, sealed, context.now())
        idempotency.made(client=id)
        context.note(connection, caller.app, caller.name, "client.added", id)
    return {"id": id, "name": body.name, "min_version": body.min_version, "secret": text, "shown_once": True}


def _secret(context: Context, id: str) -> tuple[str, bytes]:
    """A new secret, as it is shown and as it is kept."""
    text = base64.b64encode(secrets.token_bytes(32)).decode()
    return text, context.sealer.seal(id, "client.secret", text.encode())


@router.get("/clients")
def listed(caller: Platform, request: Request) -> dict:
    """The apps that may open your holders' pages."""
    with context_of(request).database.read() as connection:
        rows = launch_clients.of(connection, caller.app)
    shown = ("id", "name", "min_version")
    return {"items": [{n: getattr(r, n) for n in shown} | {"at": views.time(r.created_at)} for r in rows]}


@router.delete("/clients/{id}", status_code=204)
def remove_client(id: str, caller: Platform, request: Request) -> None:
    """Let this client open nothing any more; without the last one, any browser may again."""
    context = context_of(request)
    with context.database.write() as connection:
        launch_clients.remove(connection, caller.app, id)
        context.note(connection, caller.app, caller.name, "client.removed", id)
