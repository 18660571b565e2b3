"""The disks of this machine that something is kept on: how much room there is."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sqlalchemy.engine import make_url

from shiming.store.database import Places

LOW_BYTES, LOW_SHARE = 1_000_000_000, 0.03
"""Low is what is below both, so that neither a small disk nor a large one alarms while there is room."""


@dataclass(frozen=True, slots=True)
class Disk:
    """`kept`: what lies there (database, keys, files)."""

    kept: str
    folder: Path

    def free(self) -> int:
        """Bytes that we may still write. Raises OSError."""
        return shutil.disk_usage(there(self.folder)).free

    def low(self) -> bool:
        usage = shutil.disk_usage(there(self.folder))
        return usage.free < min(LOW_BYTES, LOW_SHARE * usage.total)


def kept(settings: Places) -> tuple[Disk, ...]:
    """Where databases and files lie on this machine; what lies on others is theirs to watch."""
    found = []
    for name, setting in (("database", "database_url"), ("keys", "keys_url")):
        url = make_url(settings.place(setting))
        if url.get_backend_name() == "sqlite" and url.database:
            found.append(Disk(name, Path(url.database).absolute().parent))
    files = urlsplit(settings.place("files_url"))
    if files.scheme == "file":
        found.append(Disk("files", Path(unquote(files.path))))
    return tuple(found)


def there(folder: Path) -> Path:
    """The folder, or the nearest one above that is there already."""
    while not os.path.exists(folder) and folder != folder.parent:
        folder = folder.parent
    return folder
