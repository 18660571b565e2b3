"""The guide's own blocks, run as they stand there: a newcomer copies them and comes to a decision."""

import json
import os
import re
import subprocess
import time

import httpx
import pytest
from sqlalchemy import update

from shiming.demo import camera, walk
from shiming.demo.cast import by_slug
from shiming.store.database import Database
from shiming.store.tables import accounts
from shiming.web.flow import launch_clients
from tests import described
from tests.documented import blocks, page

GUIDE = page("integrate.md")
BLOCKS = blocks(GUIDE, "python")
CURL = [block for block in blocks(GUIDE, "bash") if "curl" in block]


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


def shell(server, script):
    """What bash prints; it ends at the first command that fails."""
    given = os.environ | {"API": f"{server.address}/v1", "KEY": server.key}
    done = subprocess.run(["/bin/bash", "-euo", "pipefail", "-c", script], env=given, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_lines_of_curl_come_to_the_answer_that_the_guide_shows(server):
    """Step two asked for an id that no step had kept."""
    look = CURL[0].rstrip().splitlines()[-1]
    again = f'while {look} | grep -q \'"state": *"checking"\'; do sleep 0.2; done\necho\n{look}'
    answer = json.loads(shell(server, f"{CURL[0]}\n{again}").splitlines()[-1])
    (shown,) = (json.loads(block) for block in blocks(GUIDE, "json"))
    (reason,), (told,) = answer["reasons"], shown.pop("reasons")
    assert {name: answer[name] for name in shown} == shown
    assert {name: reason[name] for name in ("code", "outcome", "redo")} == {
        n: told[n] for n in ("code", "outcome", "redo")
    }
    assert [reason[each]["title"] for each in ("zh", "en")] == [told[each]["title"] for each in ("zh", "en")]
    assert reason["zh"]["remedy"][0] == told["zh"]["remedy"][0]


@pytest.mark.parametrize(("block", "field"), [(1, "needed"), (2, "url")])
def test_the_prompt_and_my_account_are_asked_for_as_the_guide_says(server, block, field):
    assert field in json.loads(shell(server, CURL[block]))


def test_a_launch_is_signed_as_the_guide_says():
    opened = []
    given = {
        "verification_id": "ver_1",
        "secret": "s",
        "url": "https://id.test/v/abc#link",
        "open_in_webview": opened.append,
    }
    exec(compile(BLOCKS[2], "docs/integrate.md", "exec"), given)  # noqa: S102  # the guide's own text
    page_, _, link = opened[0].partition("#")
    launch = page_.partition("?launch=")[2]
    said = launch_clients._said(launch)
    assert (said["client"], said["version"], said["for"], link) == ("android", "5.13.0", "ver_1", "link")
    assert launch.partition(".")[2] == launch_clients._mac(b"s", launch.partition(".")[0])
