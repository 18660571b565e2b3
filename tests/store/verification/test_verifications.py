"""Verifications and what belongs to them, as kept."""

import pytest

from shiming.errors import NotAllowedMove, NotFound
from shiming.store.verification import verifications
from shiming.verification.challenge import Challenge, Step
from shiming.verification.evidence import Piece
from shiming.verification.states import Event

NOW, APP = 1_790_000_000_000, "demo.test"


def made(connection, app=APP, account="acc_1"):
    return verifications.create(
        connection, app=app, account=account, level="standard", locale="zh-CN", created_at=NOW, expires_at=NOW + 1
    )


def test_nothing_is_read_across_apps(database):
    with database.write() as connection:
        row = made(connection)
        with pytest.raises(NotFound):
            verifications.get(connection, "other.test", row.id)


def test_states_move_by_the_table_only(database):
    with database.write() as connection:
        row = made(connection)
        assert verifications.move(connection, row, Event.HAND_IN) == "collecting"
        with pytest.raises(NotAllowedMove):
            verifications.move(connection, verifications.get(connection, APP, row.id), Event.APPROVE)


def test_a_new_piece_replaces_the_old_one_which_is_kept(database):
    """M14, M29: nothing handed in is lost."""
    with database.write() as connection:
        row = made(connection)
        first, second = (
            verifications.add_evidence(connection, row, Piece.CARD_FRONT, {"clean": k}, b"sealed", NOW) for k in "ab"
        )
        now = verifications.current_evidence(connection, row.id)
        assert (now["card_front"].id, first != second) == (second, True)


def test_a_challenge_is_used_once_and_only_in_time(database):
    with database.write() as connection:
        row = made(connection)
        challenge = Challenge("cha_1", (Step.LEFT, Step.BLINK), (800, 3000))
        verifications.add_challenge(connection, row, challenge, NOW, NOW + 1000)
        assert verifications.use_challenge(connection, "ver_other", "cha_1", NOW) is None
        assert verifications.use_challenge(connection, row.id, "cha_1", NOW + 1000) is None
        assert verifications.use_challenge(connection, row.id, "cha_1", NOW + 999) == (challenge, NOW)
        assert verifications.use_challenge(connection, row.id, "cha_1", NOW + 999) is None


def test_a_fuller_answer_of_the_authority_replaces_the_one_before_and_calls_add_up(database):
    with database.write() as connection:
        mine = made(connection)
        verifications.keep_authority_answer(connection, mine, "1:n", b"down", 2, NOW)
        verifications.keep_authority_answer(connection, mine, "1:n", b"said", 3, NOW)
        kept = verifications.authority_answer(connection, mine.id, 0)
        assert (kept.sealed_said, kept.calls) == (b"said", 5)


def test_attempts_are_counted_over_all_verifications_of_an_account(database):
    with database.write() as connection:
        values = {"outcome": "ASK_AGAIN", "codes": [], "attempts_before": 0, "versions": {}}
        for row, counts in ((made(connection), True), (made(connection), True), (made(connection), False)):
            verifications.add_judgement(connection, row, "machine", NOW, counts=counts, **values)
        assert len(verifications.attempt_times(connection, "acc_1", NOW - 1)) == 2
        assert not verifications.attempt_times(connection, "acc_1", NOW)


def test_pages_follow_each_other_without_gaps(database):
    with database.write() as connection:
        ids = [made(connection).id for _ in range(7)]
        first = verifications.page(connection, APP, {}, None, 4)
        rest = verifications.page(connection, APP, {}, first[-1].id, 4)
        assert sorted(r.id for r in [*first, *rest]) == sorted(ids)


def test_only_what_is_unfinished_and_late_is_overdue(database):
    with database.write() as connection:
        late, done = made(connection), made(connection)
        verifications.move(connection, done, Event.CANCEL)
        assert [row.id for row in verifications.overdue(connection, NOW + 2, 10)] == [late.id]
        assert verifications.overdue(connection, NOW, 10) == []
