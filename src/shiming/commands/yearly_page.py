"""The year's compliance report as a page of Markdown, in Chinese; `--json` has every figure of it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

TITLES = {
    "verifications": "实名认证（级别、现在的状态）", "decisions": "认证结论",
    "consents": "对人脸信息的同意（类型、是否同意）",
    "sources": "向外部数据源的查询（问题、结果）", "notices": "发出的通知（渠道、状态）", "appeals": "申诉（状态）",
    "guardians": "监护人同意（状态）",
}  # fmt: skip
DEEDS = {
    "verification.erased": "认证资料全部删除", "account.erased": "账号资料全部删除",
    "verification.parts_ended": "人脸特征、照片或姓名号码到期或撤回后删除", "account.events_erased": "账号事件删除",
}  # fmt: skip
MOST = 200
"""Erasures that the page lists; all of them are in the JSON."""


def written(report: Mapping[str, Any]) -> str:
    """The page."""
    side = "" if report["side"] == "live" else "（测试环境）"
    until = "" if report["over"] else "，截至目前"
    parts = [
        f"# {report['year']} 年个人信息保护合规报告{side}",
        f"由实名系统按数据库里的记录生成于 {report['made_at']}（协调世界时）{until}。"
        "不含姓名、号码；涉及的人只有编号。年度按北京时间计。",
        "## 一、处理目的与次数", *(_purpose(name, report["purposes"][name]) for name in TITLES),
        "## 二、工作人员查看个人信息", _staff(report["staff"]),
        "## 三、删除", _erasures(report["erasures"]),
        "## 四、事件与告警",
        _table(("告警", "对象", "次数", "首次", "最近"), (row.values() for row in report["incidents"])),
        "## 五、存储的人脸", _faces(report["faces"]),
        "## 六、请填写",
        "- 个人信息保护负责人、联系方式\n- 对外提供和出境的变化\n- 投诉和监管问询\n- 影响评估、审计、培训的完成情况",
    ]  # fmt: skip
    return "\n\n".join(parts)


def _purpose(name: str, rows: Sequence[Mapping[str, Any]]) -> str:
    counted = [(" · ".join(str(row[each]) for each in row if each != "count"), row["count"]) for row in rows]
    return f"### {TITLES[name]}\n\n" + _table(("项目", "次数"), counted)


def _staff(staff: Mapping[str, Any]) -> str:
    rows = [(row["role"], row["what"], row["why"], row["count"]) for row in staff["looks"]]
    found = "、".join(f"{name} {n} 次" for name, n in staff["searches"].items()) or "0 次"
    table = _table(("角色", "查看内容", "理由", "次数"), rows)
    return f"查看过个人信息的有 {staff['people']} 人；搜索和展示：{found}。\n\n{table}"


def _erasures(erasures: Mapping[str, Any]) -> str:
    done = _table(("做了什么", "次数"), ((DEEDS.get(name, name), n) for name, n in erasures["done"].items()))
    took, hours = "", erasures["hours"]
    if hours:
        took = f"；从申请到删除，中位数 {hours['median']} 小时，最长 {hours['longest']} 小时"
    shown = ("at", "what", "about", "by", "asked_at")
    items = [[DEEDS.get(row[each], row[each]) for each in shown] for row in erasures["items"][:MOST]]
    listed = _table(("时间", "做了什么", "编号", "由谁", "申请时间"), items)
    left = len(erasures["items"]) - len(items) + erasures["more"]
    more = f"\n\n另有 {left} 条，见 JSON。" if left else ""
    asked = f"本人申请 {erasures['asked']} 件，依法不予删除 {erasures['declined']} 件{took}。"
    return "\n\n".join((asked, done, listed)) + more


def _faces(faces: Mapping[str, Any]) -> str:
    people = "、".join(f"{app.rpartition('.')[0]} {n} 人" for app, n in faces["people"].items()) or "0 人"
    return f"按号码去重：{people}。其中用于检索的人脸特征 {faces['templates']} 份。"


def _table(heads: Sequence[str], rows: Iterable[Iterable[Any]]) -> str:
    """A table; a line instead, where there is nothing."""
    lines = ["| " + " | ".join(str("" if cell is None else cell) for cell in row) + " |" for row in rows]
    return "\n".join(["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads), *lines]) if lines else "（无）"
