"""Figures about people: table tests of the formulas, and a story of how they come about."""

import pytest

from shiming.review import quality
from shiming.review.quality import Agreement, Measured, Overturned, Pace
from tests.application import application
from tests.holders import holder, in_review
from tests.review.day import decide

API = "/console/api"


def test_kappa_of_the_text_book():
    """Cohen's own kind of table: 50 grants, 20 + 15 agreed, 5 + 10 not: kappa 0.4."""
    pairs = [("yes", "yes")] * 20 + [("yes", "no")] * 5 + [("no", "yes")] * 10 + [("no", "no")] * 15
    assert quality.agreement(pairs) == Agreement(50, 0.7, 0.4)


@pytest.mark.parametrize(("pairs", "kappa"), [
    ([], None), ([("a", "a")] * 9, None), ([("a", "a"), ("b", "b")], 1.0), ([("a", "b"), ("b", "a")], -1.0),
])  # fmt: skip
def test_kappa_at_its_ends(pairs, kappa):
    assert quality.agreement(pairs).kappa == kappa


def test_both_of_a_blind_pair_are_measured_and_of_a_known_answer_only_who_answered():
    rows = quality.by_reviewer([Measured("approve", "reject", "lin", "wu"),
                                Measured("reject", "reject", "lin", "zhou", "known")])  # fmt: skip
    assert set(rows) == {"lin", "wu"}
    assert rows["lin"]["known"].equal == 1.0 and rows["wu"]["blind"].equal == 0.0


def test_pace_is_median_and_ninetieth_of_a_hundred():
    assert quality.pace({float(n): 1 for n in range(1, 101)}) == Pace(100, 50.0, 90.0)
    assert quality.pace({3.0: 5, 1.5: 1, 20.0: 1}) == Pace(7, 3.0, 20.0)
    assert quality.pace({7.0: 1}) == Pace(1, 7.0, 7.0) and quality.pace({}).median is None


def test_an_appeal_against_two_reasons_counts_for_both():
    found = quality.overturned([(("a", "b"), True), (("a",), False)])
    assert found == {"a": Overturned(2, 1), "b": Overturned(1, 1)} and found["a"].rate == 0.5


def test_a_second_person_decides_blind_and_sees_nothing_of_the_first(tmp_path):
    """M38: reviewers are measured. 小林 approves, 小吴 gets the same case as if it were new and would reject."""
    with application(tmp_path, blind_share=1.0) as home:
        id = in_review(home, holder(7))
        lin, wu = home.person("xiaolin", "reviewer"), home.person("xiaowu", "reviewer")
        first = decide(home, lin, {"verdict": "approve", "ground": "all_agree"})
        assert lin.post(f"{API}/queue/next").json()["case"] is None
        again = wu.post(f"{API}/queue/next").json()["case"]
        assert set(again) == set(first) and again["about"] == id and again["codes"] == first["codes"]
        shown = wu.get(f"{API}/cases/{again['id']}").json()
        assert shown["verification"]["state"] == "in_review"
        assert [e.get("by") for e in shown["timeline"] if e["what"] == "judged"] == ["machine"]
        decide(home, wu, {"verdict": "reject", "codes": ["rejected_by_reviewer"]})
        assert home.key().get(f"/v1/verifications/{id}").json()["state"] == "approved"
        zhou = home.person("laozhou", "senior_reviewer")
        read = zhou.get(f"{API}/quality").json()
        for who in ("xiaolin", "xiaowu"):  # it counts for both, and both numbers lead to it
            assert read["agreement_by_reviewer"][who]["blind"]["pairs"] == 1
            assert len(zhou.get(f"{API}/measured?by={who}&measures=blind").json()["items"]) == 1
        assert read["agreement"]["blind"] == {"pairs": 1, "equal": 0.0, "kappa": 0.0}
        assert read["pace_by_reviewer"]["xiaolin"] == {"cases": 1, "median": 40.0, "p90": 40.0}


def test_an_erased_verification_leaves_the_queue_also_where_it_only_measures(tmp_path):
    with application(tmp_path, blind_share=1.0) as home:
        id, lin = in_review(home, holder(9)), home.person("xiaolin", "reviewer")
        decide(home, lin, {"verdict": "reject", "codes": ["rejected_by_reviewer"]})
        home.key().post(f"/v1/verifications/{id}/redact")
        assert home.person("xiaowu", "reviewer").post(f"{API}/queue/next").json()["case"] is None


def test_a_known_case_is_put_in_by_a_senior_and_settles_nothing(tmp_path):
    with application(tmp_path, blind_share=0.0) as home:
        in_review(home, holder(8))
        lin, zhou = home.person("xiaolin", "reviewer"), home.person("laozhou", "senior_reviewer")
        done = decide(home, zhou, {"verdict": "reject", "codes": ["rejected_by_reviewer"]})
        given = {"case": done["id"], "verdict": "reject"}
        assert lin.post(f"{API}/cases/known", json=given).status_code == 403
        assert zhou.post(f"{API}/cases/known", json=given).status_code == 201
        decide(home, lin, {"verdict": "reject", "codes": ["rejected_by_reviewer"]})
        assert zhou.get(f"{API}/quality").json()["agreement"]["known"]["equal"] == 1.0
        assert lin.get(f"{API}/quality").status_code == 403


def test_known_answers_are_listed_with_what_was_answered_and_hidden_from_who_may_get_them(tmp_path):
    """There was no list: nobody saw what had been put in, nor whether it was answered rightly."""
    with application(tmp_path, blind_share=0.0) as home:
        in_review(home, holder(8))
        lin, zhou = home.person("xiaolin", "reviewer"), home.person("laozhou", "senior_reviewer")
        other, path = home.person("laoqian", "senior_reviewer"), f"{API}/cases/known"
        done = decide(home, lin, {"verdict": "approve", "ground": "all_agree"})
        made = zhou.post(path, json={"case": done["id"], "verdict": "reject"}).json()["case"]
        (row,) = zhou.get(path).json()["items"]
        assert (row["id"], row["expected"], row["verdict"], row["right"]) == (made, "reject", None, None)
        assert other.get(path).json()["items"] == [] and lin.get(path).status_code == 403
        decide(home, other, {"verdict": "approve", "ground": "all_agree"})
        (row,) = other.get(path).json()["items"]
        assert (row["by"], row["verdict"], row["right"], row["put_in_by"]) == ("laoqian", "approve", False, "laozhou")
        assert "laoqian" in zhou.get(f"{path}?form=csv&locale=zh").text
        assert zhou.get(f"{path}?limit=1").json()["next"] == made
        assert zhou.get(f"{path}?after={made}").json()["items"] == []


def test_only_a_decided_case_of_a_verification_can_be_a_known_answer(tmp_path):
    """One that waits has no answer; one that measures would be told; one that is erased cannot be looked at."""
    with application(tmp_path, blind_share=0.0) as home:
        first, zhou = in_review(home, holder(8)), home.person("laozhou", "senior_reviewer")
        (open_one,) = zhou.get(f"{API}/cases").json()["items"]
        path = f"{API}/cases/known"

        def put(case: str) -> int:
            return zhou.post(path, json={"case": case, "verdict": "reject"}).status_code

        assert put(open_one["id"]) == 422
        done = decide(home, home.person("xiaolin", "reviewer"), {"verdict": "approve", "ground": "all_agree"})
        assert put(done["id"]) == 201
        (made,) = zhou.get(path).json()["items"]
        assert put(made["id"]) == 422
        home.key().post(f"/v1/verifications/{first}/redact")
        assert put(done["id"]) == 410
