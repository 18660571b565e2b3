"""Outside parties that confirm a name and a number, and such as know people by an id of their own (M22)."""

import pytest

from shiming.errors import Conflict
from shiming.providers.contracts import Asked, Identified
from shiming.store.verification import external_results as store
from shiming.workflows.verification import external_results
from tests.account.application import ZHANG
from tests.account.application import application as opened


class Party:
    """It says of everybody what it was told to say, and remembers about whom it was asked."""

    name, title, simulated = "party", "别处", True

    def __init__(self, vouches, said):
        self.vouches, self.said, self.asked = vouches, said, []

    def begin(self, state, back, person):
        self.asked.append(person)
        return Asked(state, back, f"https://party.test/?state={state}", {"nonce": "n"})

    def result(self, asked):
        self.asked.append((dict(asked.reference), dict(asked.returned)))
        return self.said


@pytest.fixture
def door(tmp_path):
    with opened(tmp_path, "") as made:
        yield made


def there_and_back(door, party, id):
    """The holder's way; returns what then is known of it."""
    door.context.identities[:] = [party]
    address = external_results.begin(door.context, "demo.test", id, "https://here.test/back")
    state = address.partition("state=")[2]
    return external_results.came_back(door.context, "demo.test", id, state, {"state": state, "code": "c0de"})


def begun(door, level="basic", typed=False):
    id = door.post("/verifications", {"account": "zhang", "level": level})["id"]
    if typed:
        door.post(f"/verifications/{id}/identity", {"name": ZHANG.name, "number": ZHANG.number})
    return id


def test_who_confirms_is_asked_about_the_person_that_was_typed(door):
    party, id = Party("confirms", Identified(passed=True)), begun(door, typed=True)
    row = there_and_back(door, party, id)
    person, (reference, returned) = party.asked
    assert (person.name, person.number) == (ZHANG.name, ZHANG.number) and ZHANG.name not in repr(person)
    assert reference == {"nonce": "n"} and returned["code"] == "c0de"
    assert row.state == store.ExternalState.FOUND
    assert external_results.adopt(door.context, "demo.test", id) == store.ExternalState.ADOPTED
    assert door.submit(id)["state"] == "approved"


def test_who_is_not_confirmed_loses_nothing(door):
    id = begun(door, typed=True)
    assert there_and_back(door, Party("confirms", Identified(passed=False)), id).state == "not_confirmed"
    seen = door.get(f"/verifications/{id}")
    assert seen["identity"]["name"] == "张*格" and seen["attempts"]["used"] == 0


def test_who_confirms_needs_name_and_number_first(door):
    party, id = Party("confirms", Identified(passed=True)), begun(door)
    with pytest.raises(Conflict):
        there_and_back(door, party, id)
    assert party.asked == []


def test_what_was_confirmed_holds_for_whom_it_was_asked_only(door):
    """Another name, typed after the way there had begun, is not the one that was confirmed."""
    id = begun(door, typed=True)
    there_and_back(door, Party("confirms", Identified(passed=True)), id)
    door.post(f"/verifications/{id}/identity", {"name": "周另外", "number": "24081719881102026X"})
    assert external_results.adopt(door.context, "demo.test", id) == store.ExternalState.REFUSED


def test_an_id_of_their_own_takes_the_place_of_the_number_and_nobody_asks_for_one(door):
    """Order 173: whoever uses the network identity is not asked for plain data besides."""
    asked = []
    door.context.authorities[0].check = lambda *given: asked.append(given) or "match"
    id = begun(door)
    there_and_back(door, Party("opaque", Identified(opaque="anon-77")), id)
    external_results.adopt(door.context, "demo.test", id)
    seen = door.get(f"/verifications/{id}")
    assert seen["identity"] == {"name": "", "number": "", "vouched_by": "party"} and seen["next"] == []
    assert door.submit(id)["state"] == "approved" and asked == []


def test_two_people_behind_one_account_are_told_apart_by_that_id(door):
    id = begun(door)
    there_and_back(door, Party("opaque", Identified(opaque="anon-77")), id)
    external_results.adopt(door.context, "demo.test", id)
    there_and_back(door, Party("opaque", Identified(opaque="anon-78")), id)
    assert external_results.adopt(door.context, "demo.test", id) == store.ExternalState.REFUSED


def test_an_id_of_their_own_is_no_help_where_a_number_is_needed(door):
    """At standard the card brings a number, and somebody has to say whose it is."""
    id = begun(door, "standard")
    door.context.identities[:] = [Party("opaque", Identified(opaque="anon-77"))]
    with pytest.raises(Conflict):
        external_results.begin(door.context, "demo.test", id, "https://here.test/back")
