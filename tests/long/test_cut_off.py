"""A machine that is cut off in the middle of a transaction: what it has locked is free within seconds (issue 22).

PostgreSQL asks a silent connection after two hours whether anybody is there. Until then nobody could touch the rows.
"""

import subprocess
import sys
import time

import psycopg
import pytest

from tests import throwaway_postgres as postgres
from tests.long.chaos import machines

SOON = 30.0  # seconds
HOLD = """
import sys, time
from sqlalchemy import text
from shiming.store.database import Database
with Database(sys.argv[1]).write() as connection:
    connection.execute(text("UPDATE things SET n = 1"))
    print("locked", flush=True)
    time.sleep(600)
"""


@pytest.mark.long
@pytest.mark.timeout(300)
def test_what_a_machine_that_is_cut_off_has_locked_is_free_within_seconds(tmp_path):
    with machines.network(tmp_path, ["one"]) as net, postgres.server(f"listen_addresses={net.here}") as folder:
        if not net.cables:
            pytest.skip("needs network namespaces: root")
        with (folder / "data" / "pg_hba.conf").open("a", encoding="ascii") as allowed:
            allowed.write(f"host all all {net.here}/24 trust\n")
        postgres.order(folder, "SELECT pg_reload_conf()")
        postgres.order(folder, "CREATE TABLE things (n INT)")
        postgres.order(folder, "INSERT INTO things VALUES (0)")
        (machine,) = net.machines
        command = [*machine.prefix, sys.executable, "-c", HOLD, f"postgresql+psycopg://shiming@{net.here}/postgres"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
            try:
                assert holder.stdout.readline() == "locked\n"
                machine.pull()
                began = time.monotonic()
                with psycopg.connect(host=str(folder), user="shiming", dbname="postgres") as other:
                    other.execute("SET lock_timeout = '120s'")
                    other.execute("UPDATE things SET n = 2")
                assert time.monotonic() - began < SOON
            finally:
                holder.kill()
