"""What a writer's numbers say of rows that are gone."""

from shiming.store.audit.log_check import Numbers
from shiming.store.audit.writer import Writer


def test_done_goes_on_when_all_before_are_committed():
    writer = Writer()
    first, second = writer.take(), writer.take()
    writer.settle(second, True)
    assert writer.take().done == 1
    writer.settle(first, True)
    assert writer.take().done == 3


def test_a_number_that_was_rolled_back_is_given_again():
    writer = Writer()
    first, second = writer.take(), writer.take()
    writer.settle(first, False)
    writer.settle(second, True)
    again = writer.take()
    assert (again.number, again.done) == (1, 1)
    writer.settle(again, True)
    assert (writer.take().number, writer.take().done) == (3, 3)


def test_where_nobody_knows_another_count_begins():
    writer = Writer()
    first, second = writer.take(), writer.take()
    writer.settle(first, None)
    writer.settle(second, True)
    fresh = writer.take()
    assert fresh.writer != first.writer and (fresh.number, fresh.done) == (1, 1)


def test_gaps_below_what_was_done_are_faults_and_others_are_not():
    numbers = Numbers()
    assert all(numbers.add(number) for number in (1, 3, 6))
    assert not numbers.add(3)
    numbers.done = 4
    assert numbers.gaps() == ([2], [4, 5])
