"""The guide's own blocks, run as they stand there: a newcomer copies them and comes to a decision."""

import re
import time
from pathlib import Path

import httpx
import pytest
from sqlalchemy import update

from shiming.demo import camera, walk
from shiming.demo.cast import by_slug
from shiming.store.database import Database
from shiming.store.tables import accounts
from tests import described

GUIDE = (Path(__file__).parents[2] / "docs" / "integrate.md").read_text("utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)


@pytest.fixture(scope="module")
def said():
    """What the blocks print."""
    return []


@pytest.fixture(scope="module")
def names(server, said):
    """What the guide's first two blocks leave behind."""
    made = {"print": lambda *words: said.append(words)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("API", f"{server.address}/v1")
        patch.setenv("KEY", server.key)
        for block in BLOCKS[:2]:
            exec(compile(block, "docs/integrate.md", "exec"), made)  # noqa: S102  # the guide's own text
    made["api"].event_hooks = {"response": [described.hook]}
    return made


def test_the_first_block_stands_by_itself_and_ends_with_the_decision(names, said):
    """It had used a key that nothing defined, stopped at the submission, and imported from the demo."""
    assert "shiming" not in re.sub(r"[\"'].*?[\"']|#.*", "", "".join(BLOCKS[:2]))
    assert said == [("approved", [])]


@pytest.fixture
def mire(server):
    """Somebody who passes, and whose place no account has any more, whichever stories were told before."""
    person, database = by_slug("mire"), Database(server.settings.place("database_url"))
    with database.write() as connection:
        taken = update(accounts).where(accounts.c.ref == person.slug)
        connection.execute(taken.values(subject=None, level="none"))
    database.close()
    return person


def test_the_second_block_goes_the_whole_way_with_pictures(names, mire):
    def film(asked):
        began = time.monotonic()
        frames, times = camera.live(mire.frames(), walk.challenge_of(asked))
        time.sleep(max(0, times[-1] / 1000 - (time.monotonic() - began)))
        return frames, times

    result = names["with_pictures"]("guide", mire.picture("front"), mire.picture("back"), film)
    assert result["state"] in ("approved", "in_review"), result


def test_an_error_says_what_to_do(names):
    with pytest.raises(RuntimeError, match="not_found: "):
        names["call"]("GET", "/verifications/ver_00000000000000000000000000")
    assert isinstance(names["api"], httpx.Client)
