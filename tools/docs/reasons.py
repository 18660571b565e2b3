"""docs/reasons.md: the catalogue of reasons as a page for people."""

from shiming.reasons import CATALOGUE, Reason, Rendered, Told, rendered

_INTRO = {
    "en": """# Reasons

Whatever does not go through has a row here: what happened, who can fix it, what to do, when to try again and how to
appeal. Codes are stable and only ever added. Each finding of a verification has one; the worst outcome decides
(`wait < ask_again < refer < reject`), and among equal ones the order of this page.

| outcome | meaning |
|---|---|
| `wait` | nothing can be judged yet; the system tries again by itself |
| `ask_again` | the holder hands in the named pieces again |
| `refer` | a person looks at it |
| `reject` | not possible as things stand; an appeal is open |

""",
    "zh": """# 原因与解决办法

凡是没有通过的，这里都有一行：发生了什么、谁能处理、怎么办、什么时候可以再试、怎样申诉。代码稳定，只增不减。认证的每项判断都有一个原因；
最差的结果说了算（`wait < ask_again < refer < reject`），同级的按本页的顺序。

| 结果 | 含义 |
|---|---|
| `wait` | 现在还无法判断，系统会自动重试 |
| `ask_again` | 请用户重新提交列出的材料 |
| `refer` | 转人工审核 |
| `reject` | 目前不能通过，可以申诉 |

""",
}
_HEADS = {"en": ("code", "outcome", "fixed by", "redo", "costs an attempt", "again", "appeal"),
          "zh": ("代码", "结果", "谁能处理", "重新提交", "算一次机会", "何时再试", "申诉")}  # fmt: skip
_ZH = {
    "yes": "是", "no": "否", "holder": "用户", "staff": "工作人员", "platform": "平台", "wait": "等待即可",
    "nobody": "不能处理", "now": "现在", "later": "过后", "by_itself": "自动", "after_review": "审核之后",
    "never_by_itself": "情况改变之后", "none": "不需要", "after_retry": "再试之后", "at_once": "随时可以",
}  # fmt: skip


def reasons(language: str = "en") -> str:
    """An overview of all codes, then each with its words: in both languages, or in Chinese alone."""
    sections = "\n".join(_section(reason, language) for reason in CATALOGUE.values())
    return _INTRO[language] + _overview(language) + "\n" + sections


def _overview(language: str) -> str:
    rows = [_HEADS[language], ("---",) * 7, *(_cells(reason, language) for reason in CATALOGUE.values())]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _cells(r: Reason, language: str) -> tuple[str, ...]:
    said = [r.fixed_by.value, _list(r.redo), "yes" if r.counts else "no", _again(r, language), r.appeal.value]
    if language == "zh":
        said = [_ZH.get(each, each) for each in said]
    return f"[`{r.code}`](#{r.code})", r.outcome.name.lower(), *said


def _section(reason: Reason, language: str) -> str:
    if language == "zh":
        told = "" if reason.told is Told.EXACT else "看到了什么只告诉工作人员。"
        appeal = f"申诉需要{_list(reason.appeal_needs, '、')}。" if reason.appeal_needs else "不需要申诉。"
        return f"## {reason.code}\n\n{told}{appeal}\n\n{_words(rendered(reason.code, 'zh'))}"
    told = "" if reason.told is Told.EXACT else " What was seen is told to staff only."
    appeal = f"An appeal needs {_list(reason.appeal_needs)}." if reason.appeal_needs else "No appeal is needed."
    return (
        f"## {reason.code}\n\n"
        f"Answers {', '.join(reason.rows)}.{told} {appeal}\n\n"
        f"{_words(rendered(reason.code, 'zh'))}\n{_words(rendered(reason.code, 'en'))}"
    )


def _words(said: Rendered) -> str:
    steps = "".join(f"  {number}. {step}\n" for number, step in enumerate(said.remedy, 1))
    return f"- **{said.title}** {said.explain}\n{steps}\n  {said.next} {said.fixed_by} {said.again}\n"


def _again(reason: Reason, language: str) -> str:
    if not reason.again_hours:
        return reason.again.value
    return f"{reason.again} ({reason.again_hours} h)" if language == "en" else f"{reason.again_hours} 小时后"


def _list(values: tuple[str, ...], between: str = ", ") -> str:
    return between.join(f"`{value}`" for value in values)
