"""What an operator did wrong is said in one line that says what to do, without a stack trace, by every command.

Before: a PostgreSQL that was away, a folder that nobody can write to, weights that are missing … ended in a stack trace.
"""

import pytest

from tests.house import free_port
from tests.security.commands import ALONE, STAYING, refused, run

EVERY = ALONE + STAYING
NAMED = [" ".join(each[:2]) for each in EVERY]


@pytest.mark.xfail(strict=True, reason="issue 11.11")
@pytest.mark.parametrize("command", EVERY, ids=NAMED)
def test_a_database_that_is_away(tmp_path, command):
    url = f"postgresql+psycopg://shiming:geheim@127.0.0.1:{free_port()}/shiming"
    done = run(command, tmp_path, 60, database_url=url)
    refused(done, "main database", "SHIMING_DATABASE_URL")
    assert "geheim" not in done[1]


@pytest.mark.xfail(strict=True, reason="issue 11.11")
@pytest.mark.parametrize("command", EVERY, ids=NAMED)
def test_a_data_folder_that_cannot_be_written(tmp_path, command):
    (tmp_path / "file").write_text("not a folder")
    refused(run(command, tmp_path, 60, data=str(tmp_path / "file" / "data")), "SHIMING_DATA")
