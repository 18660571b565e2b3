"""What a person may decide about each kind of case, on what grounds, and the decision that a verdict makes."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

from shiming import reasons
from shiming.errors import BadInput
from shiming.reasons import AppealPiece, Outcome
from shiming.verification.decide import Decision
from shiming.verification.evidence import Piece

OUTCOMES = {"approve": Outcome.PASS, "ask_again": Outcome.ASK_AGAIN, "reject": Outcome.REJECT}
VERDICTS = MappingProxyType(
    {
        "verification": ("approve", "ask_again", "reject", "escalate"),
        "appeal": ("uphold", "turn_down", "ask_again", "escalate"),
        "hold": ("lift", "keep", "escalate"),
        "claim": ("free", "stay", "escalate"),
        "guardian": ("accept", "refuse", "escalate"),
    }
)
"""The verdicts that there are about each kind of case."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Why a person decides in the holder's favour, or passes a case on. Against a holder, a reason is told instead."""

    code: str
    verdicts: tuple[str, ...]
    zh: str
    en: str


_FOR = ("approve", "uphold")
GROUNDS = MappingProxyType(
    {
        ground.code: ground
        for ground in (
            Ground("all_agree", _FOR, "材料、人脸和权威结果都一致", "Materials, faces and authority agree"),
            Ground("machine_mistaken", _FOR, "机器看错了，照片清楚可辨", "The machine erred; pictures are clear"),
            Ground("explained", (*_FOR, "lift"), "材料足以解释差异（如改名、户口迁移）", "Papers explain it"),
            Ground("looks_changed", _FOR, "容貌有变化，仍是同一人", "Looks have changed; it is the same person"),
            Ground("route_without_face", _FOR, "未用人脸识别，人工核对一致", "No face data; compared by hand"),
            Ground("reviewer_mistaken", ("uphold", "lift"), "上次审核有误", "The earlier review was mistaken"),
            Ground("rule_mistaken", ("uphold", "lift"), "规则误判", "The rule was wrong here"),
            Ground("nothing_wrong", ("lift",), "查过了，没有发现问题", "Looked into; nothing is wrong"),
            Ground("another_person", ("free",), "两边的人脸不是同一个人", "Two different people"),
            Ground("papers_misused", ("free",), "证件被他人冒用", "Somebody else used the papers"),
            Ground("same_person", ("stay",), "两边是同一个人，账号就是本人的", "One person; the account is theirs"),
            Ground("guardian_shown", ("accept",), "证明上写明了两人的监护关系", "The papers show the guardianship"),
            Ground("not_a_guardian", ("refuse",), "证明上看不出监护关系", "The papers show no guardianship"),
            Ground("papers_of_others", ("refuse",), "证明上的姓名或号码对不上", "Names or numbers differ"),
            Ground("papers_unreadable", ("refuse",), "证明看不清", "The papers cannot be read"),
            Ground("still_holds", ("turn_down", "keep"), "原来的原因仍然成立", "The original reason still holds"),
            Ground("unconvincing", ("turn_down", "keep", "stay"), "材料不能说明问题", "The package shows nothing new"),
            Ground("pieces_unusable", ("ask_again",), "有材料看不清，需要重交", "Pieces cannot be made out"),
            Ground("forgery_suspected", ("escalate",), "怀疑材料是伪造的", "Forgery is suspected"),
            Ground("unsure", ("escalate",), "不能确定是不是同一人", "Unsure whether it is the same person"),
            Ground("policy_unclear", ("escalate",), "规则没有说明这种情况", "Policy does not cover this"),
            Ground("known_to_me", ("escalate",), "我认识当事人", "I know this person"),
        )
    }
)
"""Grounds by code."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What somebody decided: the verdict, its ground, the reasons told to the holder, and what to hand in again."""

    verdict: str
    ground: str = ""
    codes: tuple[str, ...] = ()
    redo: tuple[str, ...] = ()


def check(kind: str, given: Verdict) -> None:
    """Raise BadInput unless this verdict is possible for such a case and says why."""
    if given.verdict not in VERDICTS[kind]:
        raise BadInput(f"About a case of kind '{kind}' one decides: {', '.join(VERDICTS[kind])}.")
    if kind == "verification" and given.verdict in ("ask_again", "reject"):
        decision(given.verdict, given.codes, given.redo)
        return
    if given.verdict == "ask_again" and not (given.redo and set(given.redo) <= set(AppealPiece)):
        raise BadInput(f"Name the pieces of the package to be handed in again ('redo'): {', '.join(AppealPiece)}.")
    ground = GROUNDS.get(given.ground)
    if ground is None or given.verdict not in ground.verdicts:
        fitting = ", ".join(code for code, g in GROUNDS.items() if given.verdict in g.verdicts)
        raise BadInput(f"Say why: choose a ground among {fitting}.", "ground_missing")


def decision(verdict: str, codes: Sequence[str], redo: Sequence[str]) -> Decision:
    """The decision behind a verdict. Asking again and rejecting need a reason, which the holder will be told."""
    outcome = OUTCOMES[verdict]
    unknown = [code for code in codes if code not in reasons.CATALOGUE]
    if unknown:
        raise BadInput(f"Unknown reason: {', '.join(unknown)}. GET /v1/reasons lists them.")
    if outcome is not Outcome.PASS and not codes:
        raise BadInput("Choose at least one reason: the holder has to be told why.")
    if outcome is Outcome.PASS:
        return Decision(outcome)
    if strange := [p for p in redo if p not in set(Piece)]:
        raise BadInput(f"There is no piece '{strange[0]}'. Pieces are {', '.join(Piece)}.")
    named = tuple(Piece(p) for p in redo) or tuple(Piece(p) for code in codes for p in reasons.get(code).redo)
    if outcome is Outcome.ASK_AGAIN and not named:
        raise BadInput("Name what is to be handed in again ('redo').")
    return Decision(outcome, tuple(codes), named if outcome is Outcome.ASK_AGAIN else ())
