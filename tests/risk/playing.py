"""Somebody plays, and whom that is told to hears it or does not."""

from dataclasses import replace

from sqlalchemy import select

from shiming.providers.terms import Terms
from shiming.store.risk import plays as store
from shiming.store.tables import plays as table
from shiming.workflows.risk import plays

MINUTE = {"minutes": 1}


class Register:
    """Whom play is told to: what it heard, whom it does not answer, and which sessions it refuses."""

    name, simulated = "register", False

    def __init__(self):
        self.heard, self.silent, self.refuses, self.meanwhile = [], {}, {}, None

    def report(self, app, told):
        if fault := self.silent.get(app):
            raise fault
        self.heard.append((app, told))
        if self.meanwhile:
            self.meanwhile()
        return {play.id: self.refuses[play.session] for play in told if play.session in self.refuses}

    def sessions(self, app="demo.test"):
        return [play.session for whose, told in self.heard if whose == app for play in told]


def told_by(home, *sources):
    terms = {("play", each.name): Terms("test") for each in sources}
    home.context = home.web.state.context = replace(home.context, plays=sources, terms=terms)


def play(home, session, account="zhang", type="play_start", key=None, **fields):
    """Somebody begins to play, unless `type` says otherwise."""
    at = fields.pop("at", home.moment[0])
    given = {"id": f"{type}-{session}", "account": account, "type": type, "session": session, "at": at.isoformat()}
    answer = (key or home.platform).post("/v1/events", json={**given, **fields})
    assert answer.status_code == 202, answer.text


def pass_time(home, **span):
    """A minute unless said otherwise; upkeep comes once in it, and the queue's work is done."""
    plays.keep_up(home.context)
    home.later(**(span or MINUTE))


def rows(home, of=table):
    with home.context.database.read() as connection:
        return connection.execute(select(of)).all()


def counted(home, app="demo.test"):
    with home.context.database.read() as connection:
        (row,) = [row for row in store.counted(connection) if row.app == app]
        return row.reported, row.waiting, row.refused
