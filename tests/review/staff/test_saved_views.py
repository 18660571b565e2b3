"""小林 keeps a filter under a name, and 小吴 opens it by its address."""

import pytest

API = "/console/api/views"
VIEW = {"page": "cases", "name": "高风险限制", "query": "kind=hold&risk=70"}


def test_a_view_is_kept_found_again_and_opened_by_a_colleague(home):
    lin, wu = home.person("xiaolin", "reviewer"), home.person("xiaowu", "reviewer")
    made = lin.post(API, json=VIEW)
    assert made.status_code == 201, made.text
    (kept,) = lin.get(API).json()["items"]
    assert (kept["name"], kept["query"], kept["mine"]) == (VIEW["name"], VIEW["query"], True)
    assert wu.get(API).json()["items"] == []
    opened = wu.get(f"{API}/{kept['id']}").json()
    assert (opened["query"], opened["mine"]) == (VIEW["query"], False)
    again = lin.post(API, json={**VIEW, "query": "kind=hold"}).json()
    assert [(one["id"], one["query"]) for one in lin.get(API).json()["items"]] == [(again["id"], "kind=hold")]
    assert wu.delete(f"{API}/{again['id']}").status_code == 404
    assert lin.delete(f"{API}/{again['id']}").status_code == 204 and lin.get(API).json()["items"] == []


def test_views_are_for_people_who_see_such_a_list_on_the_same_side(home):
    lin = home.person("xiaolin", "reviewer")
    id = lin.post(API, json=VIEW).json()["id"]
    policy = home.person("laozhou", "policy", "admin", "support")
    assert policy.post(API, json=VIEW).status_code == policy.get(f"{API}/{id}").status_code == 403
    assert home.person("faraway", "reviewer", app="other.test").get(f"{API}/{id}").status_code == 404
    for key in (home.key(), home.key("reviewer", "key")):
        assert key.get(API).status_code == key.post(API, json=VIEW).status_code == 403


WRONG = ({"name": "  "}, {"name": "张三 170213199103140138"}, {"name": "a\u200b"}, {"name": ""},
         {"query": "#accounts"}, {"query": "a" * 501}, {"page": "staff"})  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_a_view_names_no_person_and_no_other_page(home, wrong):
    assert home.person("xiaolin", "reviewer").post(API, json={**VIEW, **wrong}).status_code == 422


def test_nobody_keeps_more_than_fifty_and_who_has_left_keeps_none(home):
    lin = home.person("xiaolin", "reviewer")
    for n in range(50):
        assert lin.post(API, json={**VIEW, "name": f"视图 {n}"}).status_code == 201
    assert lin.post(API, json={**VIEW, "name": "再来一个"}).status_code == 409
    zhao = home.person("xiaozhao", "admin")
    assert zhao.post("/console/api/staff/xiaolin/disable").status_code == 204
    with home.context.database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM saved_views").scalar() == 0
