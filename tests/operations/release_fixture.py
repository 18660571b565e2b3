"""`python -m tests.operations.release_fixture NAME`: keep this release's tables, with work in flight, for later ones.

To be run when a release is made, before the first step after it, and committed: tests/operations/releases/NAME. The
keys in it are made up, and so is everybody: nothing else is sealed by them. test_upgrade.py has each one upgraded.
"""

import gzip
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from sqlalchemy import text

from shiming.settings import Settings
from tests.account.application import SHORT, ZHANG, ZHOU, Person
from tests.operations.house import opened

HERE = Path(__file__).with_name("releases")
WEI = Person("卫在办", "170213199103140219")
DATABASES = ("shiming", "keys")


def lived(home) -> None:
    """Approved; handed in and waiting; handed in and begun by a worker that then died; not handed in yet."""
    home.verify("zhang", ZHANG, level="basic")
    ids = {}
    for name, person in (("wei", WEI), ("zhou", ZHOU), ("li", SHORT)):
        ids[name] = home.post("/verifications", {"account": name, "level": "basic"})["id"]
        home.hand_in(ids[name], person, "basic")
    for name in ("wei", "zhou"):
        home.post(f"/verifications/{ids[name]}/submit")
    with home.context.database.write() as connection:
        begun = "UPDATE workflow_status SET status = 'PENDING', executor_id = 'gone:1' WHERE workflow_uuid LIKE :like"
        assert connection.execute(text(begun), {"like": f"verify:{ids['zhou']}:%"}).rowcount == 1


def keep(data: Path, target: Path) -> None:
    """Both databases as SQL and the key file, small enough to be committed."""
    target.mkdir(parents=True)
    for name in DATABASES:
        with closing(sqlite3.connect(data / f"{name}.db")) as database:
            said = "\n".join(database.iterdump())
        (target / f"{name}.sql.gz").write_bytes(gzip.compress(said.encode(), mtime=0))
    (target / "master.keys").write_bytes((data / "master.keys").read_bytes())


def put_back(source: Path, data: Path) -> None:
    """What was kept, as an installation in a folder."""
    data.mkdir(parents=True)
    for name in DATABASES:
        with closing(sqlite3.connect(data / f"{name}.db")) as database:
            database.executescript(gzip.decompress((source / f"{name}.sql.gz").read_bytes()).decode())
    (data / "master.keys").write_bytes((source / "master.keys").read_bytes())
    (data / "master.keys").chmod(0o600)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=f"{folder}/data")
        with opened(settings, real_queue=True) as home:
            lived(home)
        keep(Path(settings.data), HERE / sys.argv[1])


if __name__ == "__main__":
    main()
