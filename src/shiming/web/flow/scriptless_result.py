"""How a verification stands, for browsers without script: every reason, and each step of it with what does it."""

from collections.abc import Sequence
from datetime import datetime
from html import escape

from fastapi import Request
from sqlalchemy import Connection, Row

from shiming.account.standing import CHINA
from shiming.errors import NotAuthenticated, ShimingError
from shiming.reasons import Action
from shiming.store.access.api_keys import Caller
from shiming.verification.evidence import Piece
from shiming.verification.states import State
from shiming.web.access import context_of, from_own_page
from shiming.web.api import views
from shiming.web.flow import html_pages, session_api, site
from shiming.web.flow.entry.session_opening import caller_or_none
from shiming.web.flow.me import holder_appeals
from shiming.web.flow.texts import language_of, words

PAGES = {Action.PLACES: "places", Action.APPEAL: "appeal", Action.ACCOUNT: "account"}


def at(id: str, rest: str = "") -> str:
    """The address of a page of the simple mode."""
    return f"/v/{id}/basic" + (f"/{rest}" if rest else "")


def own(request: Request) -> None:
    """Raises NotAuthenticated where another site's page has sent this."""
    if not from_own_page(request):
        raise NotAuthenticated("Another site's page has sent this.")


def caller(request: Request, id: str) -> Caller:
    """Who is in. Raises NotAuthenticated."""
    found = caller_or_none(request, id)
    if found is None:
        raise NotAuthenticated("Open the verification again from the app.")
    return found


def told(request: Request, fault: ShimingError) -> str:
    """What stands against it, in the holder's language; the error's own words are for developers."""
    texts = words(language_of(request))
    picture = fault.code == "not_a_picture" or fault.code.startswith(("picture_", "materials_"))
    known = f"fault_{'picture' if picture else fault.code}"
    return texts.get(known, texts["fault_other"])


def standing(request: Request, connection: Connection, row: Row) -> list[str]:
    """Every reason in full, its steps with their controls; without one, that it is being looked at or has passed."""
    texts, language = words(language_of(request)), language_of(request)
    if not row.codes:
        return [html_pages.paragraph(texts[f"basic_{row.state}"], "lead"), *_waits(request, connection, row)]
    shown = views.verification(context_of(request), connection, row)
    pressed = session_api.controls(shown, holder_appeals.appeal_of(connection, row))
    parts = []
    for reason, steps in zip(shown["reasons"], pressed, strict=True):
        said = reason[language]
        parts += [html_pages.notice("", "care", said["title"]), html_pages.paragraph(said["explain"], "lead")]
        parts.append(_steps(shown, said["remedy"], steps, texts))
        parts += [html_pages.paragraph(said["next"]), *_waits(request, connection, row)]
        parts += [html_pages.paragraph(said["again"], "quiet"), html_pages.paragraph(said["appeal"], "quiet")]
    return [*parts, *help_from(request)]


def _waits(request: Request, connection: Connection, row: Row) -> list[str]:
    """By when a person will have looked, as the queue moves now; nothing is promised that is over already."""
    if row.state != State.IN_REVIEW or not (until := views.wait(context_of(request), connection, row.id)):
        return []
    texts = words(language_of(request))
    if until["late"]:
        return [html_pages.paragraph(texts["basic_late"])]
    usually, latest = until["usually"], until["latest"]
    said = {"latest": _moment(latest, texts), "usually": _moment(usually or latest, texts)}
    kind = "latest" if not usually else "full" if usually > latest else "usually"
    return [html_pages.paragraph(texts[f"basic_{kind}"].format(**said))]


def _moment(iso: str, texts: dict[str, str]) -> str:
    """A time for people: no script is here that would know the phone's own zone."""
    return datetime.fromisoformat(iso).astimezone(CHINA).strftime(texts["basic_time"])


def help_from(request: Request) -> list[str]:
    """Where people can be asked, in the same browser or by phone."""
    contact = site.site_of(request).contact
    texts = words(language_of(request))
    return [html_pages.paragraph(texts["basic_contact"].format(contact=contact), "quiet")] if contact else []


def _steps(shown: dict, remedy: Sequence[str], steps: Sequence[Sequence[str]], texts: dict[str, str]) -> str:
    if not remedy:
        return ""
    items = "".join(
        f"<li>{escape(step)}{''.join(_control(shown, each, texts) for each in controls)}</li>"
        for step, controls in zip(remedy, steps, strict=True)
    )
    return f'<section class="do"><ol>{items}</ol></section>'


def _control(shown: dict, control: str, texts: dict[str, str]) -> str:
    """One control. Nobody's face is taken here: its step leads on without one."""
    id = shown["id"]
    if control == Action.ASK:  # by what stands below
        return ""
    if control == Action.APP:
        return html_pages.button(shown["return_url"], texts["do_app"])
    if control in PAGES:
        return html_pages.button(at(id, PAGES[Action(control)]), texts[f"do_{control}"])
    if control in (Action.WITHOUT_FACE, Piece.FACE, Piece.CONSENT):
        return html_pages.form(at(id, "piece/consent"), [], texts["do_without_face"])
    if control == Action.SUBMIT:
        return html_pages.form(at(id, "piece/submit/now"), [], texts["do_submit"])
    return html_pages.button(f"{at(id)}?piece={control}", texts[f"do_{control}"])
