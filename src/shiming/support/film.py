"""What a failure video has to show (M26), and by which words on the filmed screen three of these moments are known."""

from collections.abc import Collection, Mapping

from shiming import reasons

SHOWS = {
    "own_face": ("您本人的脸", "your own face"),
    "tap": ("点“立即认证”的画面", "the tap on 'verify now'"),
    "face_scan": ("刷脸的过程", "the face scan"),
    "card_front": ("看得清的身份证人像面", "the card's portrait side, legible"),
    "card_back": ("看得清的身份证国徽面", "the card's emblem side, legible"),
    "prompt": ("失败提示", "the message that it failed"),
}
_TAP = ("立即认证", "去认证", "马上认证", "开始认证", "确认是您本人", "用手机扫一扫", "Verify now", "Verify me now")
_SCAN = (
    "刷一下脸", "把脸放进框里", "没有看到脸", "请将人脸移入框内", "慢慢向左转头", "慢慢向右转头", "眨一下眼",
    "张一下嘴", "Put your face in the frame", "No face is seen",
)  # fmt: skip
_PROMPT = ("认证失败", "认证未通过", "没有通过", "审核不通过", "请重新认证", "verification failed")
LEAST = 4
"""A title of the catalogue that is shorter stands in too many other sentences."""


def phrases() -> Mapping[str, tuple[str, ...]]:
    """Words by the moment that they tell of; messages are known by the catalogue's titles, in both languages."""
    titles = {reasons.rendered(code, spoken).title for code in reasons.CATALOGUE for spoken in ("zh", "en")}
    told = tuple(sorted(title for title in titles if len(title) >= LEAST))
    return {"tap": _TAP, "face_scan": _SCAN, "prompt": (*_PROMPT, *told)}


def lacking(sights: Collection[Mapping]) -> list[dict[str, str]]:
    """What was looked for in a video and not found, in words: said at once, and a person looks at it all the same."""
    missed = (s["what"] for s in sights if s["looked_for"] and s["at_ms"] is None)
    return [{"what": what, "zh": SHOWS[what][0], "en": SHOWS[what][1]} for what in missed]
