"""A face check by the API without its waiting: the server's own record says that it was asked for that much earlier.

Frames, their times and all that looks at them are the real ones; only nobody sits out the eight seconds. They are sat
out in the browser, by `make demo`, and in the story of an erasure (`test_leaks`).
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import update

from shiming import demo
from shiming.demo import walk
from shiming.demo.cast import Person
from shiming.demo.walk import ApiClient
from shiming.store.database import Database
from shiming.store.tables import challenges


def acted(
    database: Database, api: ApiClient, path: str, person: Person, seed: int = 0
) -> tuple[dict[str, str], list[bytes]]:
    """What answers a challenge that was asked for just now: the fields of its form, and its frames (JPEG)."""
    asked = api.post(f"{path}/challenge", {"light": True})
    frames, times = walk.film(person, walk.challenge_of(asked), seed)
    with database.write() as connection:
        ago = challenges.c.issued_at - times[-1]
        connection.execute(update(challenges).where(challenges.c.id == asked["challenge"]).values(issued_at=ago))
    return {"challenge": asked["challenge"], "times_ms": ",".join(map(str, times))}, frames


@contextmanager
def quick(server: demo.Server) -> Iterator[None]:
    """`walk` shows faces to this server without waiting; to others as ever."""
    database, before = Database(server.settings.place("database_url")), walk.show_face

    def show_face(api: ApiClient, path: str, person: Person, seed: int = 0) -> dict:
        if str(api._http.base_url).rstrip("/") != f"{server.address}/v1":
            return before(api, path, person, seed)
        data, frames = acted(database, api, path, person, seed)
        parts = [("frames", (f"{n}.jpg", frame, "image/jpeg")) for n, frame in enumerate(frames)]
        return api.post(f"{path}/evidence/face", data=data, files=parts)

    walk.show_face = show_face
    try:
        yield
    finally:
        walk.show_face = before
        database.close()
