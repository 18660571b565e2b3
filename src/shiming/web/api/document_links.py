"""Links of the OpenAPI document: from the call that makes or lists things to every call about such a thing."""

from collections.abc import Iterator, Mapping
from typing import Any

ONE = "items/0/id"
NAMED: Mapping[str, Mapping[str, str]] = {
    "createVerification": {"/v1/verifications/{id}": "id", "/v1/accounts/{account}": "account"},
    "openAppeal": {"/v1/appeals/{id}": "id"},
    "openHoldAppeal": {"/v1/appeals/{id}": "id"},
    "beginUpload": {"/v1/uploads/{id}": "id"},
    "openTicket": {"/v1/tickets/{id}": "id"},
    "askBlock": {"/v1/subjects/blocks/{order}": "id"},
    "askUnblock": {"/v1/subjects/unblocks/{order}": "id"},
    "askMove": {"/v1/subjects/moves/{order}": "id"},
    "importRows": {"/v1/imports/{id}": "id"},
    "addClient": {"/v1/clients/{id}": "id"},
    "addWebhookEndpoint": {"/v1/webhook_endpoints/{id}": "id"},
    "sendTestWebhook": {"/v1/webhook_deliveries/{id}": "delivery"},
    "addPolicy": {"/v1/policies/{version}": "version"},
    "tryPolicy": {"/v1/policy_trials/{id}": "id"},
    "listHolds": {"/v1/holds/{hold}": ONE},
    "listClaims": {"/v1/claims/{claim}": ONE},
    "listFlags": {"/v1/flags/{flag}": ONE},
}
"""By operationId of the call that answers with a thing's name: the thing's address, and where its name is."""


def add(paths: Mapping[str, Any]) -> None:
    """Give the successes of these calls their links, each called like the operation it leads to."""
    for path, methods in paths.items():
        for call in methods.values():
            good = next(answer for status, answer in call["responses"].items() if status.startswith("2"))
            found = {id: link for things in NAMED.get(call["operationId"], {}).items()
                     for id, link in _about(*things, path, paths)}  # fmt: skip
            good |= {"links": found} if found else {}


def _about(thing: str, pointer: str, source: str, paths: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The calls at or below the address of a thing. What only some of them ask for beside it is the client's to say."""
    name = thing[thing.index("{") + 1 : -1]
    for path, methods in paths.items():
        if f"{path}/".startswith(f"{thing}/") and path != source:
            for call in methods.values():
                yield call["operationId"], {"operationId": call["operationId"],
                                            "parameters": {name: f"$response.body#/{pointer}"}}  # fmt: skip
