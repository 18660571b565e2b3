"""What decides who is let in, as tables: no clock, no server (issue 13, rows 2, 3 and 8)."""

import pytest

from shiming.vision.pictures_ahead import Ahead
from shiming.web.http import backlog, body_pace, lanes
from shiming.web.http.body_pace import KNOWN, UNKNOWN, Bodies
from shiming.web.http.lanes import BOUNDS, Bounds, Lane
from shiming.web.http.queue_time import Lineup

MB = 1 << 20
JSON, FORM, NOTHING = "application/json", "multipart/form-data; boundary=x", ""


@pytest.mark.parametrize(
    ("method", "path", "kind", "lane"),
    [
        ("GET", "/v1/accounts/zhang/may/live", NOTHING, Lane.FREE),
        ("GET", "/v1/health", NOTHING, Lane.FREE),
        ("HEAD", "/v1/ready", NOTHING, Lane.FREE),
        ("POST", "/v/ver_1/guide", "image/jpeg", Lane.FREE),
        ("GET", "/v1/tickets/tkt_1/live", NOTHING, Lane.STREAM),
        ("POST", "/console/api/session", JSON, Lane.ENTRY),
        ("POST", "/console/api/session/passkey", JSON, Lane.ENTRY),
        ("GET", "/console/outside/back", NOTHING, Lane.ENTRY),
        ("GET", "/v/assets/flow.js", NOTHING, Lane.FREE),
        ("GET", "/v/ver_1", NOTHING, Lane.ENTRY),
        ("POST", "/v1/verifications", JSON, Lane.CALL),
        ("POST", "/v1/verifications/ver_1/submit", NOTHING, Lane.CALL),
        ("GET", "/console/api/queue", NOTHING, Lane.CALL),
        ("POST", "/v1/verifications/ver_1/evidence/card_front", FORM, Lane.PICTURE),
        ("POST", "/v/ver_1/basic/piece/card_front", FORM, Lane.PICTURE),
        ("PATCH", "/v1/uploads/upl_1", "application/octet-stream", Lane.PICTURE),
        ("GET", "/v1/nothing", FORM, Lane.CALL),
    ],
)
def test_every_request_has_its_lane(method: str, path: str, kind: str, lane: Lane) -> None:
    assert lanes.lane_of(method, path, kind) is lane


@pytest.mark.parametrize(
    ("method", "path", "new"),
    [
        ("POST", "/v1/verifications", True),
        ("POST", "/go/ticket", True),
        ("POST", "/me/acc_1/verify", True),
        ("POST", "/v1/verifications/ver_1/submit", False),
        ("GET", "/v1/verifications", False),
    ],
)
def test_what_begins_something_is_known_by_its_head(method: str, path: str, new: bool) -> None:
    assert lanes.begins(method, path) is new


def test_all_lanes_together_have_the_threads_that_they_need() -> None:
    """On any machine: nobody who has a place waits for a thread."""
    for of_calls in (1, 8, 64):
        places = sum(each.places for each in lanes.bounds(of_calls).values())
        assert lanes.threads(of_calls) > places
        assert lanes.bounds(of_calls)[Lane.CALL].places == max(2, of_calls)


def full(lineup: Lineup, waiting: int = 0, new: bool = False) -> Lineup:
    for _ in range(lineup.bounds.places):
        lineup.start()
    for n in range(waiting):
        lineup.wait(f"key {n}", new)
    return lineup


def test_where_there_is_room_nobody_is_refused() -> None:
    lineup = Lineup(BOUNDS[Lane.CALL])
    assert lineup.expected(new=True) == 0 and lineup.refuses("a", True, 0.0, 1.0) == 0


def test_the_wait_is_what_was_measured() -> None:
    """Sixteen wait at eight places; a request takes half a second: the next one waits a good second."""
    lineup = full(Lineup(Bounds(8, 2.0, 1.0), mean=0.5), waiting=16)
    assert lineup.expected(new=False) == pytest.approx(17 * 0.5 / 8)
    for _ in range(60):
        lineup.start()
        lineup.end(0.1, 1.0)
    assert lineup.expected(new=False) == pytest.approx(17 * 0.1 / 8, rel=0.05)


def test_what_was_begun_overtakes_what_begins() -> None:
    lineup = full(Lineup(Bounds(8, 2.0, 1.0), mean=0.5), waiting=20, new=True)
    assert lineup.refuses("b", True, 0.0, 1.0) > 0
    assert lineup.refuses("b", False, 0.0, 1.0) == 0
    assert lineup.expected(new=False) < lineup.expected(new=True)


def test_a_wait_that_was_seen_counts_beside_the_guess() -> None:
    """Somebody has waited three seconds already, whatever the mean says."""
    lineup = full(Lineup(Bounds(8, 2.0, 1.0), mean=0.01), waiting=1)
    assert lineup.refuses("b", False, 3.0, 1.0) > 0


def test_who_is_overtaken_teaches_the_next() -> None:
    """What begins something was let in for half a second and waited three; soon it is told so at once."""
    lineup = full(Lineup(Bounds(8, 2.0, 1.0), mean=4.0), waiting=0)
    assert lineup.expected(new=True) == pytest.approx(0.5) and lineup.refuses("b", True, 0.0, 1.0) == 0
    for _ in range(10):
        lineup.waited(True, lineup.expected(new=True), 3.0)
    assert lineup.expected(new=True) == pytest.approx(3.0, rel=0.2) and lineup.refuses("b", True, 0.0, 1.0) > 0
    assert lineup.expected(new=False) == pytest.approx(0.5)
    for _ in range(500):
        lineup.refused(1.0)
    assert lineup.refuses("b", True, 0.0, 1.0) == 0, "and it is tried again"


def test_the_more_are_sent_away_the_later_they_come_again() -> None:
    lineup = full(Lineup(Bounds(2, 2.0, 1.0), mean=1.0), waiting=20)
    first = lineup.refuses("b", True, 0.0, 1.0)
    said = [lineup.refuses("b", True, 0.0, 1.0) for _ in range(200)]
    assert first == 2 and max(said) == 15 and said == sorted(said)


def test_one_key_has_not_the_whole_queue() -> None:
    """大平台 floods; 小平台 still comes in, and a platform that is alone has all of it."""
    lineup = full(Lineup(Bounds(8, 2.0, 1.0), mean=0.5))
    while not lineup.refuses("大平台", False, 0.0, 1.0):
        lineup.wait("大平台", False)
    alone = lineup.waiting[False]
    assert alone == 32
    lineup = full(Lineup(Bounds(8, 2.0, 1.0), mean=0.5), waiting=1)
    while not lineup.refuses("大平台", False, 0.0, 1.0):
        lineup.wait("大平台", False)
    assert lineup.waiting[False] < alone and lineup.refuses("小平台", False, 0.0, 1.0) == 0


@pytest.mark.parametrize(
    ("pace", "size", "speed", "arrives"),
    [
        (KNOWN, 8 * MB, 20_000, True),  # a phone in a village: seven minutes
        (KNOWN, 30 * MB, 20_000, True),
        (KNOWN, 2 * MB, 5_000, True),
        (KNOWN, 8 * MB, 1_000, False),
        (KNOWN, 64_000, 1, False),
        (UNKNOWN, 2_000, 500, True),
        (UNKNOWN, 64_000, 500, False),
        (UNKNOWN, 64_000, 1, False),
    ],
)
def test_slow_lines_arrive_and_trickles_do_not(pace, size: int, speed: int, arrives: bool) -> None:
    assert all(pace.patience(second, second * speed) > 1 for second in range(size // speed + 1)) is arrives


def test_bytes_in_flight_are_bounded_in_all_and_of_one() -> None:
    bodies = Bodies(100 * MB)
    bodies.begin("wang", True)
    assert bodies.may_grow("wang", 50 * MB) and not bodies.may_grow("wang", 51 * MB)
    bodies.grow("wang", 50 * MB)
    assert not bodies.may_begin("wang", True, small=False), "one key has half at most"
    assert bodies.may_begin("zhang", True, small=False)
    bodies.grow("zhang", 30 * MB)
    assert not bodies.may_begin("li", True, small=False), "the last quarter is for those that are under way"
    assert bodies.may_grow("zhang", 10 * MB), "who has begun gets through"
    assert bodies.may_begin("li", True, small=True), "a call is no picture"
    bodies.grow("wang", -50 * MB)
    assert bodies.may_begin("li", True, small=False)


def test_a_province_behind_one_address_is_not_one_stranger() -> None:
    """Carrier-grade NAT: a hundred people of one address open their links at one moment. Who is known is not counted
    by address at all."""
    bodies = Bodies(100 * MB)
    for _ in range(100):
        assert bodies.may_begin("address 203.0.113.7", False, small=True)
        bodies.begin("address 203.0.113.7", False)
    for _ in range(body_pace.UNKNOWN_OF_ADDRESS):
        bodies.begin("address 203.0.113.7", False)
    assert not bodies.may_begin("address 203.0.113.7", False, small=True)
    assert bodies.may_begin("zhang", True, small=True)


def took(ahead: Ahead, task: str, seconds: float) -> None:
    for _ in range(40):
        ahead.begin(task)
        ahead.end(task, seconds)


def test_pictures_wait_by_time_and_not_by_number() -> None:
    """Two workers, films of a minute: a third one would wait half a minute; twenty small frames wait for nothing."""
    ahead = Ahead(workers=2)
    took(ahead, "video", 60.0)
    assert ahead.wait() == 0
    ahead.begin("video")
    ahead.begin("video")
    assert ahead.wait() > 25
    ahead.end("video", 60.0)
    ahead.end("video", None)
    took(ahead, "guide", 0.02)
    for _ in range(20):
        ahead.begin("guide")
    assert ahead.wait() < 1


LATE = [(0, 30, 0), (30, 30, 0), (45, 30, 0.5), (60, 30, 1), (600, 30, 1), (600, 0, 0)]


@pytest.mark.parametrize(("waited", "bearable", "share"), LATE)
def test_the_later_decisions_are_the_fewer_verifications_are_begun(waited: float, bearable: int, share: float) -> None:
    assert backlog.share_refused(waited, bearable) == share
