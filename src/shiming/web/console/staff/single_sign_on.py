"""Signing in by single sign-on (OpenID Connect): there, and back with a code.

Nothing is kept here on the way: a cookie holds one secret of the browser's own, from which state, nonce and PKCE
verifier are derived. Who has the state from the address cannot make the verifier of it.
"""

import base64
import hashlib
import hmac
import secrets

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse

from shiming.errors import BadInput, NotAllowed, NotAuthenticated, TooMany, Unavailable
from shiming.web import cookies
from shiming.web.access import context_of
from shiming.web.console.access import set_cookie
from shiming.workflows.staff.sign_in import directory_of, sign_in_vouched
from shiming.workflows.staff.webauthn import possible

router = APIRouter(include_in_schema=False)
COOKIE, MINUTES = "shiming_outside", 10
BACK = "/console/outside/back"


@router.get("/console/api/ways")
def ways(request: Request) -> dict:
    """Which ways of signing in there are."""
    return {"outside": context_of(request).directory is not None, "passkeys": possible(request.app.state.site.address)}


@router.get("/console/outside")
def there(request: Request) -> RedirectResponse:
    """To single sign-on, with a fresh secret in a cookie."""
    own = secrets.token_urlsafe(32)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(_of(own, "verifier").encode()).digest()).rstrip(b"=").decode()
    context = context_of(request)
    directory, asked = directory_of(context), (_of(own, "state"), _of(own, "nonce"), challenge, _back(request))
    try:
        address = context.dependencies.of("directory").call(directory.address, *asked)
    except Unavailable:
        return _home(request, "outside-away")
    answer = RedirectResponse(address, 303, {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
    # Lax: the browser comes back from another site, and a strict cookie would stay behind.
    cookies.keep(request, answer, COOKIE, own, "lax", MINUTES * 60)
    return answer


@router.get(BACK)
def back(request: Request, code: str = "", state: str = "") -> RedirectResponse:
    """Back with a code: a session, where the organisation vouches for somebody of the staff. The secret is used up."""
    context, own = context_of(request), cookies.value_of(request, COOKIE)
    directory = directory_of(context)
    try:
        with request.app.state.login_throttle.of(request):
            if not own or not code or not hmac.compare_digest(_of(own, "state").encode(), state.encode()):
                raise NotAuthenticated("This way back belongs to another browser, or took too long.")
            asked = (code, _of(own, "verifier"), _of(own, "nonce"), _back(request), context.now())
            vouched = context.dependencies.of("directory").call(directory.vouched, *asked)
            made = sign_in_vouched(context, vouched)
    except NotAllowed:
        return _home(request, "outside-no-role")
    except (NotAuthenticated, BadInput):
        return _home(request, "outside-refused")
    except (Unavailable, TooMany):
        return _home(request, "outside-away")
    answer = _home(request, "")
    set_cookie(request, answer, made.token)
    return answer


def _of(own: str, use: str) -> str:
    return hashlib.sha256(f"{use} {own}".encode()).hexdigest()


def _back(request: Request) -> str:
    return f"{request.app.state.site.address}{BACK}"


def _home(request: Request, said: str) -> RedirectResponse:
    """The console; what went wrong stands behind the #, where no log sees it. The secret's cookie goes."""
    answer = RedirectResponse(f"/console{'#' + said if said else ''}", 303, {"Cache-Control": "no-store"})
    cookies.drop(request, answer, COOKIE)
    return answer
