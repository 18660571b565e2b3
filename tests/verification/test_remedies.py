"""Every step of every remedy names its action, and the page that shows it has the control (issue 18)."""

import tomllib
from importlib.resources import files

import pytest

from shiming import reasons
from shiming.reasons import CATALOGUE, Action, Outcome, Reason
from shiming.verification import remedies
from shiming.verification.evidence import Piece
from shiming.verification.remedies import ON_ACCOUNT, ON_RESULT, Possible, controls

each = pytest.mark.parametrize("reason", CATALOGUE.values(), ids=lambda reason: reason.code)
KNOWN = {*Action, *Piece}
OF_AGE = {"age_unknown", "age_too_young", "outside_hours", "spending_limit_reached", "guardian_needed"}
OF_THE_GATE = {"verification_needed", "verification_too_old", "reverify", "account_cancelled", "document_expiring",
               *OF_AGE}  # fmt: skip
EXTERNAL = {Action.ADOPT, Action.EXTERNAL_AGAIN}
CARD = (Piece.CARD_FRONT, Piece.CARD_BACK, Piece.IDENTITY, Piece.PHONE, Piece.BANK, Piece.CONSENT)


NO_CONTROL_NEEDED = {"authority_limited", "document_unsupported", "face_comparison_unsure"}


def on_account(reason: Reason) -> bool:
    return reason.code in OF_THE_GATE or any(Action.LIFTS in step for step in reason.actions)


def now(reason: Reason, appeal: bool) -> Possible:
    """How things stand where this reason is told, at its hardest: no page of the platform's to go back to."""
    others = {Action.ACCOUNT, Action.ASK, *({Action.APPEAL} if appeal else ())}
    if reason.outcome is not Outcome.ASK_AGAIN:
        full = {Action.PLACES} if reason.code.endswith("quota_reached") else set()
        return Possible((), (), others | full)
    wanted = tuple(piece for piece in Piece if piece in reason.redo)
    guardian = {Action.GUARDIAN} if reason.code == "guardian_consent_needed" else set()
    return Possible(wanted, {*CARD, Piece.FACE}, others | guardian | {Action.WITHOUT_FACE}, open=True)


@each
def test_every_step_names_its_action(reason: Reason):
    assert all(len(reason.actions) == len(texts.remedy) for texts in reason.texts.values())
    assert {action for step in reason.actions for action in step} <= KNOWN


def test_a_remedy_that_speaks_of_more_than_one_thing_names_each():
    """A void card, numbers of another carrier, banks that nobody can ask: the second way, to appeal, had no control."""
    rows = tomllib.loads(files("shiming").joinpath("reasons.toml").read_text("utf-8"))["reason"]
    assert {row["code"] for row in rows if "actions" not in row} == NO_CONTROL_NEEDED


@each
def test_the_page_has_the_control_for_every_step(reason: Reason):
    """Quota offered only "back to the app"; face against portrait said to take the card again, too, and could not."""
    if on_account(reason):
        assert all(set(step) & (ON_ACCOUNT | remedies.NEED_NONE) for step in reason.actions)
        return
    appeals = {reasons.Appeal.NONE: (False,), reasons.Appeal.AT_ONCE: (True,)}
    appeal_now = (False,) if reason.outcome is Outcome.REFER else (False, True)
    for appeal in appeals.get(reason.appeal, appeal_now):
        shown = controls([reason.code], {}, now(reason, appeal))
        offered = {control for step in shown[0] for control in step}
        for step, text in zip(reason.actions, reason.texts["en"].remedy, strict=True):
            as_named = offered if Action.PIECES in step else offered & set(step)
            assert as_named or {*step} & (remedies.NEED_NONE | EXTERNAL), f"{reason.code}: {text}"


@each
def test_what_a_page_offers_is_pressed_once(reason: Reason):
    shown = controls([reason.code], {}, now(reason, True))
    flat = [control for step in shown[0] for control in step]
    assert len(flat) == len(set(flat)) and {*flat} <= {*Piece, *ON_RESULT}
    assert set(now(reason, True).wanted) <= set(flat)


def test_pieces_stand_at_the_reason_that_lies_on_them():
    """张反光: glare on the front, a face that was not found. Each is at its own words; what is left comes first."""
    at = {"photo_glare": {"card_front"}, "face_not_found": {"face"}}
    wanted = ("card_front", "identity", "face")
    shown = controls(["photo_glare", "face_not_found"], at, Possible(wanted, wanted, (), open=True))
    assert shown == [[[], ["card_front", "identity"]], [[], ["face"]]]


def test_a_blocked_person_has_no_places_to_move():
    shown = controls(["subject_blocked", "subject_quota_reached"], {}, Possible(others={Action.APPEAL}))
    assert shown == [[["appeal"]], [[], [], []]]
    assert controls(["photo_dark"], {}, Possible(open=True))[0][-1] == ["submit"]
