"""The automatic reply to a mail that came in: says how to go on, and quotes neither facts nor attachments."""

from collections.abc import Sequence

from shiming import reasons
from shiming.errors import ShimingError
from shiming.reasons import AppealPiece
from shiming.store.support import inbound_mail
from shiming.support import notices
from shiming.support.mail import SUBJECT
from shiming.support.mail_problems import told
from shiming.workflows.context import Context
from shiming.workflows.support import mail_intake

TEXTS = {
    "sign_in": (
        "我们收到了一封关于实名认证的邮件，但无法确认是账号本人发的，所以还没有查看里面的内容。\n"
        "如果是您发的，请打开下面的链接并登录账号，邮件里的材料就会交上来；如果不是，不用理会。\n\n{link}",
        "We received a mail about verification, but cannot tell that the account's holder sent it, so we did not look "
        "into it.\nIf it was you, open the link above and sign in. If not, ignore this mail.",
    ),
    "missing": (
        "您的材料收到了，还缺下面几样，或者需要重拍。请直接回复这封邮件补齐，已经交的不用再交。\n\n{missing}",
        "We have your materials. The items above are missing or have to be taken again; just reply to this mail.",
    ),
    "complete": (
        "您的材料齐了，已经交给没有参与上次决定的工作人员。有结果会通知您。",
        "Your materials are complete. Somebody who took no part in the decision will look at them; we will tell you.",
    ),
    "retry_first": (
        "您的材料暂时不用交：请先登录账号，按页面上的提示再试一次。如果还是没有通过，请在页面上申诉，或者再发一次这封邮件。\n\n{link}",
        "Nothing is needed yet: sign in and try once more, as the page says. If that fails as well, appeal on the page "
        "or send this mail again.",
    ),
    "nothing_open": (
        "您的账号现在没有可以申诉的认证结果。请登录账号查看现在的状态和能做的事。\n\n{link}",
        "There is no result on your account that could be appealed now. Sign in to see its state and what can be done.",
    ),
}  # fmt: skip


def reply(context: Context, app: str, id: str, kind: str) -> str:
    """Reply, and forget the sender's address where it is not needed for signing in."""
    state = _send(context, app, id, kind)
    if kind != "sign_in" and state != "over":
        with context.database.write() as connection:
            inbound_mail.change(connection, id, sealed_sender=None, reply=f"{kind}:sent"[:20])
        context.sealer.erase(id)
    return state


def _send(context: Context, app: str, id: str, kind: str) -> str:
    """Send the reply that was queued. A provider that is down is not tried again: the sender can write again."""
    with context.database.write() as connection:
        row = inbound_mail.mail(connection, app, id, lock=True)
        if row.reply != kind:
            return "over"
        token = mail_intake.new_claim(context, connection, row) if kind == "sign_in" else ""
    to = context.sealer.open(id, "mail.sender", row.sealed_sender).decode()
    link = context.mail_link + (f"#mail={token}" if token else "")
    missing = "\n".join(f"· {reasons.word(AppealPiece(piece), 'zh')}" for piece in dict.fromkeys(row.missing))
    text = "\n\n".join(part.format(link=link, missing=missing) for part in TEXTS[kind]) + _unused(row.unused or ())
    headers = {"Auto-Submitted": "auto-replied", "Precedence": "bulk", "X-Auto-Response-Suppress": "All"}
    subject, warning = f"{SUBJECT}（自动回复）", notices.warning("zh")
    for provider in context.channels.of("mail", app.endswith(".test")):
        try:
            way, said = context.dependencies.of("mail", provider.name), f"{text}\n\n{warning}\n"
            way.call(provider.send, to, subject, said, headers, f"{id}:{kind}")
            return "sent"
        except ShimingError:
            continue
    return "not sent"


def _unused(codes: Sequence[str]) -> str:
    """What kinds of problems kept something from being used; no names of files, no words of theirs."""
    if not codes:
        return ""
    both = (("zh", "邮件里有内容没有用上："), ("en", "Some of the mail could not be used:"))
    return "".join("\n\n" + "\n".join([head, *(f"· {line}" for line in told(codes, spoken))]) for spoken, head in both)
