"""M27: 264 mails as eleven mailers write them: nearly all are understood whole, and none is understood wrongly."""

from collections import Counter

from shiming.support import mail
from shiming.support.mail_text import header_text
from shiming.workflows.support.mail_intake import _opened, _sent
from shiming.workflows.support.mail_parts import parts_of
from tests.support.mails.generator import MAILERS, Sent, corpus


def understood(sent: Sent) -> dict:
    """What we make of it, in the words of `Sent`; what we make nothing of is left out."""
    message = _opened(sent.raw)
    parts, facts = parts_of(message, _opened), {}
    for text in parts.texts:
        facts = {**mail.facts_in(text), **facts}
    pieces = tuple(mail.piece_named(name) or "?" for name, _, _ in parts.files)
    account = mail.account_named(header_text(" ".join(_sent(message, "Subject"))))
    found = {"account": account, "name": facts.get("name"), "number": facts.get("number"), "pieces": pieces,
             "unused": tuple(parts.unused)}  # fmt: skip
    return {key: value for key, value in found.items() if value}


def test_the_corpus_is_understood_whole_and_nothing_of_it_wrongly():
    mails, whole, wrong = list(corpus()), Counter(), []
    for sent in mails:
        made = understood(sent)
        wanted = {key: getattr(sent, key) for key in ("account", "name", "number", "pieces", "unused")}
        wanted = {key: value for key, value in wanted.items() if value}
        whole[sent.mailer] += made == wanted
        wrong += [(sent.mailer, key, value, wanted.get(key)) for key, value in made.items() if value != wanted.get(key)]
    print(f"understood whole: {sum(whole.values())} of {len(mails)}", dict(whole))
    assert not wrong, wrong[:10]
    assert len(mails) >= 200 and len(whole) == len(MAILERS)
    assert sum(whole.values()) >= 0.99 * len(mails), whole


def test_the_corpus_is_the_same_each_time():
    assert [m.raw for m in corpus(5, 2)] == [m.raw for m in corpus(5, 2)]
