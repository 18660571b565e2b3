"""A house with a child in it, a parent on another phone, and a reviewer who looks at papers."""

from contextlib import contextmanager
from types import SimpleNamespace

from shiming.names import check_digit
from shiming.verification.seen import CardSeen, Field, Side
from shiming.workflows.review import rulings
from tests.account.application import ZHANG, Person, application
from tests.application import Application as House
from tests.application import jpeg
from tests.web.test_me import Me

PAPERS = jpeg(77)
PICTURE = {"picture": ("p.jpg", PAPERS, "image/jpeg")}
CASES = "/console/api/cases"


def number(birth: str) -> str:
    return (first := f"170213{birth}015") + check_digit(first)


XIAO = Person("郑小小", number("20160301"))  # ten years old
PARENT = ZHANG


class Kept:
    """Storage in memory."""

    def __init__(self):
        self.of: dict[str, dict[str, bytes]] = {}

    def put(self, owner, name, data):
        self.of.setdefault(owner, {})[name] = data
        return name

    def get(self, owner, key):
        return self.of.get(owner, {}).get(key, b"")

    def remove(self, owner, key):
        self.of.get(owner, {}).pop(key, None)

    def delete(self, owner, named=""):
        kept = self.of.pop(owner, {})
        if left := {name: data for name, data in kept.items() if not name.startswith(named)}:
            self.of[owner] = left
        return len(kept) - len(left)


def looked(task, data, *more):
    """What models would say of 郑小小's card; other pictures stay as they are."""
    fields = {"name": Field(XIAO.name, 0.99), "number": Field(XIAO.number, 0.99)}
    return SimpleNamespace(seen=CardSeen(Side.FRONT, 1, fields), clean=data) if task == "card" else data


@contextmanager
def house(folder, **policy):
    with application(folder, "", **policy) as made:
        object.__setattr__(made.context, "files", Kept())
        object.__setattr__(made.context, "look", looked)
        yield made


class Guardian(Me):
    """Somebody's phone in the page of an invitation."""

    def __init__(self, home, invited):
        home.web = home.http.app
        super().__init__(home, invited["url"])
        assert self.comes_in().status_code == 200
        self.home, self.id = home, invited["id"]

    def shown(self):
        return self.get("/guardian").json()

    def verifies(self, person=PARENT):
        made = self.post("/verify", {"level": "standard"}).json()["id"]
        self.home.hand_in(made, person, "standard")
        return self.home.submit(made)

    def sends_papers(self):
        return self.post("/guardian/papers", files=PICTURE)

    def agrees(self, face=True, **more):
        said = {"relation": "mother", "face": face, "text_version": "1", "recipients": self.shown()["recipients"]}
        return self.post("/guardian/agree", said | more)


def asked(home, ref="xiao", person=XIAO):
    """A child consents and says who it is; the verification as it is then."""
    made = home.post("/verifications", {"account": ref})
    home.post(f"/verifications/{made['id']}/consent", {"face": True})
    home.post(f"/verifications/{made['id']}/identity", {"name": person.name, "number": person.number})
    return home.get(f"/verifications/{made['id']}") | {"token": made["token"]}


def reviewer(home, name="lin"):
    return House(home.context, home.at, [], home.http.app).person(name, "reviewer")


def taken(lin):
    """The guardian's case that waits, taken."""
    (case,) = lin.get(f"{CASES}?kind=guardian").json()["items"]
    assert lin.post(f"{CASES}/{case['id']}/take").status_code == 200
    return lin.get(f"{CASES}/{case['id']}").json()


def ruled(home, lin, case, verdict="accept", ground="guardian_shown"):
    answer = lin.post(f"{CASES}/{case}/ruling", json={"verdict": verdict, "ground": ground})
    assert answer.status_code == 202, answer.text
    home.later(seconds=31)
    (done,) = [each for each in home.queued if each[0] == "conclude"]
    home.queued.remove(done)
    return rulings.conclude(home.context, *done[2:])


def agreed(home, child, face=True, name="lin"):
    """The whole way of a guardian for this verification; their phone."""
    parent = Guardian(home, home.post(f"/verifications/{child['id']}/guardian", by=child["token"]))
    assert parent.verifies()["state"] == "approved"
    assert parent.sends_papers().status_code == 201
    assert parent.agrees(face).json()["state"] == "in_review"
    lin = reviewer(home, name)
    assert ruled(home, lin, taken(lin)["case"]["id"]) == "concluded"
    return parent
