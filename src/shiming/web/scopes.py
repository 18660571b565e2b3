"""What a narrowed API key may call: the scope that each route takes, and the one place that asks for it."""

from functools import cache

from starlette.requests import HTTPConnection

from shiming.errors import NotAllowed
from shiming.store.access.api_keys import Caller

NOUN_OF = {
    "/v1/verifications": "verifications", "/v1/verifications/{id}/redact": "erasure",
    "/v1/verifications/{id}/appeals": "appeals", "/v1/accounts": "accounts", "/v1/accounts/{account}/may": "gate",
    "/v1/accounts/{account}/holds": "holds", "/v1/accounts/{account}/holds/{hold}/appeals": "appeals",
    "/v1/accounts/{account}/erase": "erasure", "/v1/accounts/{account}/events": "erasure",
    "/v1/accounts/{account}/mail": "appeals", "/v1/holds": "holds", "/v1/appeals": "appeals", "/v1/uploads": "appeals",
    "/v1/tickets": "support", "/v1/events": "events", "/v1/flags": "events", "/v1/claims": "persons",
    "/v1/subjects": "persons", "/v1/policies": "policies", "/v1/policy_trials": "policies",
    "/v1/webhook_endpoints": "webhooks", "/v1/webhook_deliveries": "webhooks",
    "/v1/webhook_messages": "webhooks", "/v1/clients": "clients",
    "/v1/imports": "persons", "/v1/import_conflicts": "persons", "/console/api": "cases",
}  # fmt: skip
"""The longest beginning of a route's path decides. GET and HEAD read, all else writes."""
OPEN = ("/v1/reasons", "/v1/health", "/v1/ready", "/v1/texts/pledge", "/v1/contact_points", "/v1/event_types",
        "/v1/receipts/{source}/{secret}", "/v1/caller")  # fmt: skip
"""Routes that ask for no API key: receipts for a secret in the address, the last one for a proof by our own keys."""


@cache
def needed(method: str, path: str) -> str:
    """The scope of a route; one that no row covers needs what no key has."""
    parts = path.split("/")
    rows = ("/".join(parts[:n]) for n in range(len(parts), 1, -1))
    noun = next((NOUN_OF[row] for row in rows if row in NOUN_OF), "undeclared")
    return f"{noun}:{'read' if method in ('GET', 'HEAD') else 'write'}"


def judge(caller: Caller, request: HTTPConnection, method: str, path: str) -> None:
    """Refuse what a key was not made for: a call outside its scopes, or from elsewhere. Raises NotAllowed."""
    if caller.scopes is not None and (scope := needed(method, path)) not in caller.scopes:
        raise NotAllowed(f"This key was made without the scope {scope}. `shiming keys add --scope {scope}` makes one.")
    if caller.addresses is not None and not caller.may_from(request.app.state.proxies.address(request)):
        raise NotAllowed("This key does not work from this address. `shiming keys list` shows from where it does.")
