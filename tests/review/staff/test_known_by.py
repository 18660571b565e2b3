"""The address by which single sign-on knows somebody: 小赵 sets it at the console, 老王 confirms it."""

API = "/console/api/staff"


def mails(client) -> dict:
    return {one["name"]: one["mail"] for one in client.get(API).json()["items"]}


def test_an_address_is_set_by_two_admins_and_seen_in_the_list(home):
    """It could be given to somebody new, but was shown nowhere and could be changed by the API alone."""
    zhao, wang = home.person("xiaozhao", "admin"), home.person("laowang", "admin")
    home.person("xiaolin", "reviewer")
    made = zhao.patch(f"{API}/xiaolin", json={"mail": "lin@house.test"})
    assert made.status_code == 202 and mails(zhao)["xiaolin"] is None
    id = made.json()["proposal"]
    assert zhao.post(f"{API}/proposals/{id}/confirm").json()["code"] == "four_eyes"
    (waits,) = wang.get(API).json()["proposals"]
    assert (waits["kind"], waits["mail"], waits["asked_by"]) == ("mail", "lin@house.test", "xiaozhao")
    assert wang.post(f"{API}/proposals/{id}/confirm").status_code == 200
    assert mails(wang)["xiaolin"] == "lin@house.test"


def test_nobody_but_admins_sees_addresses_and_none_sets_their_own(home):
    zhao = home.person("xiaozhao", "admin")
    assert zhao.patch(f"{API}/xiaozhao", json={"mail": "zhao@house.test"}).status_code == 422
    others = home.person("others", "senior_reviewer", "support", "privacy", "senior_policy")
    for who in (others, home.key()):
        assert who.get(API).status_code == who.patch(f"{API}/xiaozhao", json={"mail": "a@b.test"}).status_code == 403


def test_a_mail_address_is_taken_as_it_was_pasted(home):
    """Issue 14: an address with an unseen sign was kept with it, and single sign-on never knew who came by it."""
    zhao, wang = (home.person(name, "admin") for name in ("xiaozhao", "xiaowang"))
    home.person("xiaolin", "reviewer")
    for shape in ("\u202dLin@house.test\u202c", "<lin@house.test>", "ｌｉｎ＠ｈｏｕｓｅ．ｔｅｓｔ",
                  "邮箱：lin@house.test"):  # fmt: skip
        asked = zhao.patch(f"{API}/xiaolin", json={"mail": shape})
        assert asked.status_code == 202, asked.text
        (waits,) = wang.get(API).json()["proposals"]
        assert waits["mail"] == "lin@house.test"
        assert wang.delete(f"{API}/proposals/{waits['id']}").status_code == 204
