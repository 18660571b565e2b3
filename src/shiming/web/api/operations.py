"""Every call of the API by its address: the name that generated clients give it, and the shapes of what it answers.

A new route gets its row here; a test names the routes that have none. Names are for ever: clients call them. Nothing
here runs while the server works: `document.py` makes the OpenAPI document of it, and tests hold real answers to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shiming.web.api.schemas import (
    accounts,
    appeals,
    events,
    guardians,
    imports,
    persons,
    platform,
    policies,
    reasons,
    support,
    verifications,
    webhooks,
)


@dataclass(frozen=True, slots=True)
class Operation:
    """`id`: its name. `answer`: the shape of a success, or a media type; None: no content. `asks`: the shape or media
    type of the body, where the route itself does not say. `also`: statuses of errors that document.py does not derive.
    `roles`: who may, where no dependency of the route says it.
    """

    id: str
    answer: Any = None
    asks: Any = None
    also: tuple[int, ...] = ()
    roles: tuple[str, ...] = ()


Op, GONE = Operation, (410,)
PNG, JPEG, LIVE, CHUNK = "image/png", "image/jpeg", "text/event-stream", "application/offset+octet-stream"
VERIFICATION, STANDING, TICKET = verifications.Verification, accounts.Standing, support.Ticket
APPEAL, PLACES, POLICY = appeals.Appeal, persons.Places, policies.PolicyText

OPERATIONS: Mapping[str, Operation] = {
    "GET /v1/accounts/{account}/may/{capability}": Op("checkCapability", accounts.May, roles=("platform",)),
    "GET /v1/accounts/{account}/standing": Op("getStanding", STANDING),
    "POST /v1/accounts/{account}/profile": Op("reportProfile", STANDING),
    "POST /v1/accounts/{account}/phone": Op("reportPhone", STANDING),
    "POST /v1/accounts/{account}/phone/confirm": Op("confirmPhone", STANDING),
    "POST /v1/accounts/{account}/cancel": Op("cancelAccount", STANDING),
    "POST /v1/accounts/{account}/keep": Op("keepAccount", STANDING),
    "POST /v1/accounts/{account}/erase": Op("eraseAccount"),
    "GET /v1/accounts/{account}/inbox": Op("listInbox", accounts.Inbox),
    "POST /v1/accounts/{account}/inbox/{message}/read": Op("markMessageRead"),
    "POST /v1/accounts/{account}/contact": Op("putContact", accounts.Contacts),
    "GET /v1/accounts/{account}/notices": Op("listNotices", accounts.Notices),
    "GET /v1/accounts/{account}/guardian": Op("listGuardians", guardians.Guardians),
    "POST /v1/accounts/{account}/guardian": Op("inviteGuardian", guardians.InvitedGuardian),
    "POST /v1/verifications/{id}/guardian": Op("inviteGuardianOfChild", guardians.InvitedGuardian, also=GONE),
    "GET /v1/accounts/{account}/receipt": Op("getReceipt", accounts.Receipt),
    "POST /v1/accounts/{account}/me": Op("createAccountLink", accounts.AccountLink),
    "DELETE /v1/accounts/{account}/me": Op("endAccountVisits"),
    "POST /v1/accounts/{account}/prompt": Op("promptHolder", accounts.AskedPrompt, also=GONE),
    "POST /v1/accounts/{account}/holds": Op("openHold", STANDING),
    "POST /v1/accounts/{account}/holds/{hold}/appeals": Op("openHoldAppeal", APPEAL),
    "POST /v1/accounts/{account}/pledge": Op("makePledge", STANDING),
    "POST /v1/accounts/{account}/mail": Op("claimMail", appeals.ClaimedMail),
    "DELETE /v1/accounts/{account}/events": Op("eraseAccountEvents", events.ErasedEvents),

    "POST /v1/verifications": Op("createVerification", verifications.Created, also=GONE),
    "GET /v1/verifications": Op("listVerifications", verifications.Verifications, also=(404,)),
    "GET /v1/verifications/{id}": Op("getVerification", VERIFICATION),
    "POST /v1/verifications/{id}/links": Op("createHolderLink", verifications.HolderLink, also=GONE),
    "POST /v1/verifications/{id}/consent": Op("giveConsent", VERIFICATION, also=GONE),
    "POST /v1/verifications/{id}/identity": Op("giveIdentity", VERIFICATION, also=GONE),
    "POST /v1/verifications/{id}/phone": Op("givePhone", VERIFICATION, also=GONE),
    "POST /v1/verifications/{id}/bank-card": Op("giveBankCard", VERIFICATION, also=GONE),
    "POST /v1/verifications/{id}/challenge": Op("createChallenge", verifications.Challenge, also=GONE),
    "POST /v1/verifications/{id}/evidence/face": Op("addFace", verifications.TakenPiece, also=GONE),
    "POST /v1/verifications/{id}/evidence/{piece}": Op("addPicture", verifications.TakenPiece, also=GONE),
    "POST /v1/verifications/{id}/submit": Op("submitVerification", VERIFICATION, also=GONE),
    "POST /v1/verifications/{id}/cancel": Op("cancelVerification", VERIFICATION, also=GONE),
    "POST /v1/verifications/{id}/redact": Op("redactVerification", VERIFICATION, also=GONE),
    "GET /v1/verifications/{id}/standing": Op("getHolderStanding", STANDING, also=GONE),
    "POST /v1/verifications/{id}/pledge": Op("makeHolderPledge", STANDING, also=GONE),
    "POST /v1/verifications/{id}/appeals": Op("openAppeal", APPEAL, also=GONE),
    "POST /v1/verifications/{id}/verdict": Op("decideVerification", VERIFICATION, also=GONE),
    "GET /v1/verifications/{id}/places": Op("listPlaces", PLACES, also=(409, 410)),
    "POST /v1/verifications/{id}/places/{place}/{act}": Op("actOnPlace", PLACES, also=GONE),

    "GET /v1/texts/pledge": Op("getPledgeText", platform.PledgeText),
    "GET /v1/holds": Op("listHolds", accounts.Holds),
    "POST /v1/holds/{hold}/verdict": Op("decideHold", accounts.DecidedHold),
    "POST /v1/subjects/blocks": Op("askBlock", persons.Order, also=(404,)),
    "POST /v1/subjects/blocks/{order}/confirm": Op("confirmBlock", persons.DoneBlock),
    "POST /v1/subjects/unblocks": Op("askUnblock", persons.Order, also=(404,)),
    "POST /v1/subjects/unblocks/{order}/confirm": Op("confirmUnblock", persons.DoneUnblock),
    "POST /v1/subjects/moves": Op("askMove", persons.Order, also=(404,)),
    "POST /v1/subjects/moves/{order}/confirm": Op("confirmMove", persons.DoneMove),
    "POST /v1/imports": Op("importRows", imports.Import, asks=imports.NewImportBody),
    "GET /v1/imports": Op("listImports", imports.Imports),
    "GET /v1/imports/{id}": Op("getImport", imports.Import),
    "GET /v1/import_conflicts": Op("listImportConflicts", imports.ImportConflicts),
    "GET /v1/claims": Op("listClaims", persons.Claims),
    "POST /v1/claims/{claim}/verdict": Op("decideClaim", persons.DecidedClaim),

    "GET /v1/clients": Op("listClients", webhooks.LaunchClients),
    "POST /v1/clients": Op("addClient", webhooks.NewClientMade, also=(404,)),
    "DELETE /v1/clients/{id}": Op("removeClient"),
    "GET /v1/webhook_endpoints": Op("listWebhookEndpoints", webhooks.Endpoints),
    "POST /v1/webhook_endpoints": Op("addWebhookEndpoint", webhooks.NewEndpointMade, also=(404,)),
    "PATCH /v1/webhook_endpoints/{id}": Op("changeWebhookEndpoint", webhooks.Endpoint),
    "DELETE /v1/webhook_endpoints/{id}": Op("removeWebhookEndpoint"),
    "POST /v1/webhook_endpoints/{id}/rotate": Op("rotateWebhookSecret", webhooks.RotatedSecret),
    "POST /v1/webhook_endpoints/{id}/test": Op("sendTestWebhook", webhooks.TestSent),
    "GET /v1/webhook_deliveries": Op("listWebhookDeliveries", webhooks.Deliveries, also=(404,)),
    "POST /v1/webhook_deliveries/resend": Op("resendFailedWebhooks", webhooks.ResentAll, also=(404,)),
    "POST /v1/webhook_deliveries/{id}/resend": Op("resendWebhook", webhooks.Resent),

    "GET /v1/webhook_messages": Op("listWebhookMessages", webhooks.WebhookMessages, also=(404,)),
    "POST /v1/webhook_messages": Op("triggerWebhook", webhooks.Triggered, also=(404,)),

    "POST /v1/events": Op("reportEvents", events.TakenEvents, asks=events.Event | events.Events),
    "GET /v1/event_types": Op("listEventTypes", events.EventTypes),
    "GET /v1/flags": Op("listFlags", events.Flags, also=(404,)),
    "POST /v1/flags/{flag}/word": Op("decideFlag", events.DecidedFlag),
    "GET /v1/policies": Op("listPolicies", policies.Policies),
    "POST /v1/policies": Op("addPolicy", POLICY),
    "POST /v1/policies/check": Op("checkPolicy", policies.CheckedPolicy),
    "GET /v1/policies/{version}": Op("getPolicy", POLICY),
    "POST /v1/policies/{version}/try": Op("tryPolicy", policies.AskedTrial),
    "POST /v1/policies/{version}/propose": Op("proposePolicy", POLICY, asks=policies.NewWaves),
    "POST /v1/policies/{version}/approve": Op("approvePolicy", POLICY),
    "POST /v1/policies/{version}/rollback": Op("rollBackPolicy", policies.RolledBack),
    "GET /v1/policy_trials/{id}": Op("getPolicyTrial", policies.Trial),
    "GET /v1/policy_trials/{id}/plot": Op("getPolicyTrialPlot", PNG),

    "GET /v1/appeals": Op("listAppeals", appeals.Appeals, also=(404,)),
    "GET /v1/appeals/{id}": Op("getAppeal", APPEAL),
    "POST /v1/appeals/{id}/pieces/facts": Op("addAppealFacts", APPEAL, also=GONE),
    "POST /v1/appeals/{id}/pieces/failure_video": Op("addAppealVideo", APPEAL, also=GONE),
    "POST /v1/appeals/{id}/pieces/{piece}": Op("addAppealPicture", APPEAL, also=GONE),
    "POST /v1/appeals/{id}/uploads": Op("beginUpload", appeals.Upload, also=GONE),
    "POST /v1/appeals/{id}/reuse": Op("reuseForAppeal", APPEAL, also=GONE),
    "POST /v1/appeals/{id}/hand_in": Op("handInAppeal", APPEAL, also=GONE),
    "POST /v1/appeals/{id}/withdraw": Op("withdrawAppeal", APPEAL, also=GONE),
    "POST /v1/appeals/{id}/reopen": Op("reopenAppeal", APPEAL, also=GONE),
    "POST /v1/appeals/{id}/answer": Op("answerAppeal", appeals.AnsweredAppeal, also=GONE),
    "GET /v1/uploads/{id}": Op("getUpload", appeals.Upload),
    "PATCH /v1/uploads/{id}": Op("sendUploadChunk", asks=CHUNK, also=(409, 410)),

    "GET /v1/contact_points": Op("getContactPoints", support.ContactPoints),
    "GET /v1/tickets": Op("listTickets", support.Tickets, also=(404,)),
    "POST /v1/tickets": Op("openTicket", TICKET, also=(404,)),
    "GET /v1/tickets/{id}": Op("getTicket", TICKET),
    "POST /v1/tickets/{id}/messages": Op("writeMessage", TICKET),
    "POST /v1/tickets/{id}/pictures": Op("addTicketPicture", TICKET),
    "GET /v1/tickets/{id}/pictures/{message}": Op("getTicketPicture", JPEG),
    "GET /v1/tickets/{id}/live": Op("followTicket", LIVE),
    "POST /v1/tickets/{id}/close": Op("closeTicket", TICKET),
    "POST /v1/tickets/{id}/rating": Op("rateTicket"),

    "GET /v1/reasons": Op("listReasons", reasons.Reasons),
    "GET /v1/health": Op("getHealth", platform.Health),
    "GET /v1/ready": Op("getReadiness", platform.Ready),
}  # fmt: skip
