"""What is kept of a verification ends by purpose (M44): pure parts of it."""

import pytest

from shiming.policy import DEFAULT
from shiming.risk.document import read
from shiming.risk.expressions import Wrong
from shiming.verification.parts import EVERY, PERIODS, Part, days, judged_without, without
from shiming.verification.seen import BankGiven, CardSeen, Field, HandheldSeen, LiveSeen, PhoneGiven, Seen, Side, Typed

ONE = (1.0, 0.0)
FRONT = CardSeen(Side.FRONT, 1, {"name": Field("张合格", 0.9)}, region="北京", portrait=ONE)
HELD = HandheldSeen(1, 1, ONE, Field("170213199103140138", 0.9), portrait=ONE)
LIVE = LiveSeen((1,), template=ONE)
WHO, BACK = Typed("张合格", "170213199103140138"), CardSeen(Side.BACK, 1)
SEEN = Seen(WHO, FRONT, BACK, LIVE, HELD, PhoneGiven("1"), BankGiven("1", "2"))


def test_no_template_is_left_without_faces_and_no_name_without_names():
    bare = judged_without(SEEN, (Part.FACES,))
    assert (bare.front.portrait, bare.live.template, bare.handheld.template, bare.handheld.portrait) == (None,) * 4
    assert bare.typed and bare.front.fields and bare.handheld.number
    bare = judged_without(SEEN, (Part.NAMES,))
    assert (bare.typed, bare.phone, bare.bank, bare.handheld.number, dict(bare.front.fields)) == (None,) * 4 + ({},)
    assert bare.live.template and "张合格" not in str(bare) and "170213" not in str(bare)


def test_a_picture_alone_and_nothing_seen():
    assert without(LIVE, EVERY) == LiveSeen((1,)) and without(LIVE, (Part.NAMES,)) == LIVE
    assert judged_without(Seen(), EVERY) == Seen()


def test_each_part_has_its_period_and_a_policy_may_shorten_it_only():
    assert [days(DEFAULT, part) for part in Part] == [365, 180, 1095] and len(set(PERIODS)) == 3
    assert read('name = "short"\n[limits]\nface_days = 30\n').limits.face_days == 30
    for own, wrong in (("face_days", 366), ("picture_days", 181), ("name_days", 0)):
        with pytest.raises(Wrong, match="no longer"):
            read(f'name = "long"\n[limits]\n{own} = {wrong}\n')
