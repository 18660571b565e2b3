"""A key file that is not this installation's never serves: what it wrote, nobody could read.

Before: any valid key file was good enough. A process with another one than its neighbours started, answered, and sealed
names and numbers that only it could open; its look-up hashes found nobody's other accounts.
"""

import pytest

from shiming.store.crypto import key_file
from tests.security.processes.commands import EVERY, NAMED, called, here, refused


@pytest.fixture(scope="module")
def swapped(tmp_path_factory):
    """An installation with sealed data, whose key file was then replaced by another one, valid in itself."""
    folder = tmp_path_factory.mktemp("swapped")
    with pytest.MonkeyPatch.context() as patch:
        assert called(["staff", "add", "wang", "--role", "reviewer"], folder, patch) == 0
    path = folder / "data" / "master.keys"
    path.rename(folder / "right.keys")
    key_file.create(path)
    return folder


@pytest.mark.parametrize("command", EVERY, ids=NAMED)
def test_no_command_works_with_another_key_file(swapped, command, monkeypatch, capsys):
    refused(here(command, swapped, monkeypatch, capsys), "key file", "master.keys")
