"""Live and ready are two things: a process may answer, and yet have lost what it needs."""

import httpx
import pytest

from shiming import demo
from shiming.store import key_file


@pytest.mark.xfail(strict=True, reason="issue 11.4")
def test_a_server_whose_key_file_is_replaced_is_live_and_not_ready(tmp_path):
    with demo.server(tmp_path, vision_workers="1") as server:
        assert httpx.head(f"{server.address}/v1/health").status_code == 200
        path = tmp_path / "data" / "master.keys"
        path.rename(tmp_path / "right.keys")
        key_file.create(path)
        answer = httpx.get(f"{server.address}/v1/ready")
        assert answer.status_code == 503
        assert answer.json()["parts"]["keys"] != "ok"
