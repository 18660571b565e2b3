"""When a backup of each kind was last written and proven: for `shiming doctor`, alarms and figures, on any machine."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from shiming.store.backup.backup_keys import KINDS, Kind
from shiming.store.database import now_ms, upsert
from shiming.store.tables import chores

_CHORE = "backup {}"


def note(connection: Connection, kinds: Iterable[Kind]) -> None:
    """These were just written and read back."""
    for kind in kinds:
        row = {"app": "", "name": _CHORE.format(kind), "done_at": now_ms(connection)}
        done = upsert(connection, chores).values(**row)
        connection.execute(done.on_conflict_do_update(index_elements=[chores.c.app, chores.c.name], set_=row))


def when(connection: Connection) -> dict[Kind, int | None]:
    """Milliseconds by the database's clock; None where there never was one."""
    names = {_CHORE.format(kind): kind for kind in KINDS}
    rows = connection.execute(
        select(chores.c.name, chores.c.done_at).where(chores.c.app == "", chores.c.name.in_(names))
    )
    return dict.fromkeys(KINDS) | {names[row.name]: row.done_at for row in rows}
