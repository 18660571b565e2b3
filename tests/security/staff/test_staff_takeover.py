"""An admin of one app tries to take over another, or its people, alone: 管理员老周 runs demo.test and nothing else."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import select

from shiming.errors import NotFound
from shiming.store.audit.audit_log import audit_pending
from shiming.store.staff import members
from shiming.workflows.channels import Channels
from shiming.workflows.staff import administration
from tests.application import application
from tests.newcomer import API, browser, opens, sets_up, signs_in


@pytest.fixture
def home(tmp_path):
    with application(tmp_path) as made:
        yield made


@pytest.fixture
def zhou(home):
    """老周, admin of demo.test."""
    return home.person("laozhou", "admin")


def confirmed(admin, proposal: dict):
    return admin.post(f"{API}/staff/proposals/{proposal['proposal']}/confirm")


def grants(home, name: str) -> dict:
    with home.context.database.read() as connection:
        return members.named(connection, name).grants


def test_an_admin_of_one_app_lets_nobody_into_another(home, zhou):
    """Was: roles on any side of any app were given by any admin, who saw password and authenticator secret as well."""
    assert zhou.post(f"{API}/staff", json={"name": "g", "roles": ["admin"], "apps": ["other.live"]}).status_code == 422
    ghost = zhou.post(f"{API}/staff", json={"name": "ghost", "roles": ["policy"], "app": "other.live"})
    assert ghost.status_code == 202 and ghost.json()["link"] is None
    assert confirmed(home.person("laowu", "admin"), ghost.json()).status_code == 404  # admin of demo.test, too
    assert confirmed(zhou, ghost.json()).status_code == 409
    assert grants(home, "ghost") == {}
    li = home.person("laoli", "admin", app="other.live")
    assert confirmed(li, ghost.json()).json()["link"]
    assert grants(home, "ghost") == {"other.live": ["policy"]}


def test_an_admin_gives_nobody_a_role_elsewhere_whom_they_have_here(home, zhou):
    """Was: roles × apps. An admin of demo.test who was named reviewer of other.live was admin there as well."""
    home.person("xiaolin", "reviewer")
    asked = zhou.patch(f"{API}/staff/xiaolin", json={"roles": ["reviewer"], "app": "other.live"})
    assert asked.status_code == 202 and grants(home, "xiaolin") == {"demo.test": ["reviewer"]}
    assert confirmed(home.person("laoli", "admin", app="other.live"), asked.json()).status_code == 200
    both = {"demo.test": ["reviewer"], "other.live": ["reviewer"]}
    assert grants(home, "xiaolin") == both
    assert zhou.patch(f"{API}/staff/xiaolin", json={"roles": [], "app": "other.live"}).status_code == 403
    assert grants(home, "xiaolin") == both


def test_roles_on_one_side_are_not_roles_on_another(home):
    """老周 is admin of demo.test and reviewer of other.live: no admin there, no reviewer here."""
    with home.context.database.write() as connection:
        given = {"demo.test": ["admin"], "other.live": ["reviewer"]}
        made = members.ready_made(connection, home.context.sealer, "laozhou", given, home.context.now())
    home.codes["laozhou"] = made.totp
    here = signs_in(home, "laozhou", made.password, "demo.test")
    there = signs_in(home, "laozhou", made.password, "other.live")
    assert (here.get(f"{API}/queue").status_code, here.get(f"{API}/staff").status_code) == (403, 200)
    assert (there.get(f"{API}/queue").status_code, there.get(f"{API}/staff").status_code) == (200, 403)
    went = here.put(f"{API}/session/app", json={"app": "other.live"})
    assert went.json()["roles"] == ["reviewer"] and here.get(f"{API}/staff").status_code == 403


def test_nobody_goes_to_a_side_on_which_they_do_not_work(home, zhou):
    assert zhou.put(f"{API}/session/app", json={"app": "other.live"}).status_code == 404
    assert zhou.get(f"{API}/session").json()["app"] == "demo.test"
    assert home.key("reviewer").put(f"{API}/session/app", json={"app": "other.live"}).status_code == 403
    assert browser(home).put(f"{API}/session/app", json={"app": "demo.test"}).status_code == 401
    del zhou.headers["x-csrf"]
    assert zhou.put(f"{API}/session/app", json={"app": "demo.test"}).status_code == 403


def test_who_reads_people_or_lets_others_in_is_let_in_by_two_admins_and_nobody_sees_the_secrets(home, zhou):
    """Was: password and authenticator secret stood in the answer, so that an admin could be any reviewer."""
    wu = home.person("laowu", "admin")
    for role in ("reviewer", "senior_reviewer", "support", "privacy", "admin"):
        asked = zhou.post(f"{API}/staff", json={"name": f"new-{role}".replace("_", "-"), "roles": [role]})
        assert asked.status_code == 202 and asked.json()["link"] is None, role
        assert confirmed(zhou, asked.json()).json()["code"] == "four_eyes"
        done = confirmed(wu, asked.json()).json()
        assert not {"password", "codes"} & {*done, *asked.json()} and done["code"] is None
        assert opens(home, done["link"]).status_code == 401  # the second admin has no code,
        name = sets_up(home, done["link"], asked.json()["code"])  # the first one no link
        assert signs_in(home, name).get(f"{API}/session").json()["roles"] == [role]


def test_the_person_concerned_confirms_nothing(home, zhou):
    """小林 is an admin too, and would like to read people."""
    lin = home.person("xiaolin", "admin")
    asked = zhou.patch(f"{API}/staff/xiaolin", json={"roles": ["admin", "reviewer"]}).json()
    assert confirmed(lin, asked).json()["code"] == "four_eyes"
    assert lin.patch(f"{API}/staff/xiaolin", json={"roles": ["reviewer"]}).status_code == 422
    elsewhere = {"name": "xiaolin", "roles": ["policy"], "app": "other.test"}
    assert lin.post(f"{API}/staff", json=elsewhere).status_code == 422
    assert grants(home, "xiaolin") == {"demo.test": ["admin"]}
    assert confirmed(home.person("xiaohe", "support"), asked).status_code == 403


def test_who_was_set_up_by_one_admin_alone_starts_anew_before_reading_people(home, zhou):
    """Else 老周 would make up a colleague who sees figures, keep their password, and have them made a reviewer."""
    link = zhou.post(f"{API}/staff", json={"name": "ghost", "roles": ["policy"]}).json()["link"]
    ghost = signs_in(home, sets_up(home, link))
    asked = zhou.patch(f"{API}/staff/ghost", json={"roles": ["policy", "reviewer"]}).json()
    link = confirmed(home.person("laowu", "admin"), asked).json()["link"]
    assert link and ghost.get(f"{API}/session").status_code == 401
    assert zhou.post(f"{API}/staff/ghost/reset").status_code == 202
    assert opens(home, link, asked["code"]).status_code == 200


def test_a_reset_takes_two_where_it_would_be_a_take_over(home, zhou):
    """Was: any admin reset anybody, and got password and authenticator secret."""
    lin = home.person("xiaolin", "reviewer")
    asked = zhou.post(f"{API}/staff/xiaolin/reset")
    assert asked.status_code == 202 and lin.get(f"{API}/session").status_code == 200
    done = confirmed(home.person("laowu", "admin"), asked.json())
    assert lin.get(f"{API}/session").status_code == 401
    assert sets_up(home, done.json()["link"], asked.json()["code"]) == "xiaolin"


def test_while_a_link_of_two_is_open_one_admin_makes_no_other(home, zhou):
    """A small role for somebody who is just being started anew is no way to a link without the code."""
    home.person("xiaolin", "reviewer")
    asked = zhou.post(f"{API}/staff/xiaolin/reset").json()
    link = confirmed(home.person("laowu", "admin"), asked).json()["link"]
    more = zhou.patch(f"{API}/staff/xiaolin", json={"roles": ["reviewer", "policy"]})
    assert more.status_code == 200 and more.json()["link"] is None
    assert opens(home, link, asked["code"]).status_code == 200


def test_whoever_works_elsewhere_as_well_is_reset_by_admins_of_both(home, zhou):
    """Two admins of demo.test are not enough to sign in at other.live as 小张, who only sees figures."""
    with home.context.database.write() as connection:
        given = {"demo.test": ["policy"], "other.live": ["policy"]}
        members.ready_made(connection, home.context.sealer, "xiaozhang", given, home.context.now())
    asked = zhou.post(f"{API}/staff/xiaozhang/reset")
    assert asked.status_code == 202
    assert confirmed(home.person("laowu", "admin"), asked.json()).status_code == 403
    li = home.person("laoli", "admin", app="other.live")
    assert confirmed(li, asked.json()).json()["link"]


def test_an_admin_does_not_see_who_works_elsewhere_and_shuts_them_out_of_nothing(home, zhou):
    """Was: every admin saw, reset and shut out everybody of every app."""
    li = home.person("laoli", "reviewer", app="other.live")
    assert "laoli" not in zhou.get(f"{API}/staff").text
    for what in ("disable", "reset"):
        assert zhou.post(f"{API}/staff/laoli/{what}").status_code == 404
    assert zhou.patch(f"{API}/staff/laoli", json={"mail": "zhou@house.test"}).status_code == 404
    told = zhou.post(f"{API}/staff/laoli/disable").json()["detail"].replace("laoli", "nobody")
    assert told == zhou.post(f"{API}/staff/nobody/disable").json()["detail"]
    assert li.get(f"{API}/session").json()["roles"] == ["reviewer"]


def test_shut_out_is_shut_out_of_ones_own_side_only(home, zhou):
    with home.context.database.write() as connection:
        given = {"demo.test": ["reviewer"], "other.live": ["reviewer"]}
        made = members.ready_made(connection, home.context.sealer, "xiaolin", given, home.context.now())
    home.codes["xiaolin"] = made.totp
    here = signs_in(home, "xiaolin", made.password, "demo.test")
    there = signs_in(home, "xiaolin", made.password, "other.live")
    assert zhou.post(f"{API}/staff/xiaolin/disable").status_code == 204
    assert (here.get(f"{API}/session").status_code, there.get(f"{API}/session").status_code) == (401, 200)
    assert grants(home, "xiaolin") == {"other.live": ["reviewer"]}


def test_another_mail_address_takes_two_as_a_reset_does(home, zhou):
    """Was: the address by which single sign-on knows somebody was any admin's to change: to their own."""
    home.person("xiaolin", "reviewer")
    asked = zhou.patch(f"{API}/staff/xiaolin", json={"mail": "zhou@house.test"})
    wu = home.person("laowu", "admin")
    assert asked.status_code == 202 and wu.get(f"{API}/staff").json()["proposals"][0]["mail"] == "zhou@house.test"
    with home.context.database.read() as connection:
        assert members.named(connection, "xiaolin").mail_hash is None
    assert confirmed(wu, asked.json()).status_code == 200
    with home.context.database.read() as connection:
        assert members.named(connection, "xiaolin").mail_hash


NEW = {"name": "xiaohe", "roles": ["reviewer"]}


def test_what_was_proposed_is_declined_or_done_once_or_over_after_a_week(home, zhou):
    wu, ask = home.person("laowu", "admin"), lambda: zhou.post(f"{API}/staff", json=NEW).json()
    declined, older, newer = ask(), ask(), ask()
    assert {confirmed(wu, p).status_code for p in (declined, older)} == {404}  # the newer took their place
    assert wu.delete(f"{API}/staff/proposals/{newer['proposal']}").status_code == 204
    assert confirmed(wu, newer).status_code == 404
    late = ask()
    home.later(days=7, seconds=1)
    with pytest.raises(NotFound):
        administration.confirm(home.context, admin(home, "laowu"), late["proposal"])


def test_what_an_admin_proposed_who_is_one_no_more_is_not_done(home, zhou):
    asked = zhou.post(f"{API}/staff", json=NEW).json()
    wu = home.person("laowu", "admin")
    assert wu.post(f"{API}/staff/laozhou/disable").status_code == 204
    assert confirmed(wu, asked).status_code == 409


def test_two_who_confirm_at_once_make_one_link(home, zhou):
    """On SQLite one after the other; on PostgreSQL the person's row is the lock."""
    asked, wu = zhou.post(f"{API}/staff", json=NEW).json(), home.person("laowu", "admin")
    with ThreadPoolExecutor(2) as at_once:
        said = sorted(at_once.map(lambda _: confirmed(wu, asked).status_code, range(2)))
    assert said == [200, 404]


def test_all_of_it_stands_in_the_audit_trail_and_the_person_is_told_by_mail(home, zhou):
    post = Post()
    home.web.state.context = home.context = replace(home.context, channels=Channels((), (post,)))
    asked = zhou.post(f"{API}/staff", json={**NEW, "mail": "He@house.test"}).json()
    wu = home.person("laowu", "admin")
    sets_up(home, confirmed(wu, asked).json()["link"], asked["code"])
    assert zhou.post(f"{API}/staff/xiaohe/disable").status_code == 204
    home.later(seconds=1)
    assert [to for to, _ in post.sent] == ["he@house.test"] * 3
    assert [title[:9] for _, title in post.sent] == ["您在控制台的角色已", "您的登录方式已设置", "您已不能再登录 ·"]
    with home.context.database.read() as connection:
        rows = connection.execute(
            select(audit_pending.c.action, audit_pending.c.actor).order_by(audit_pending.c.id)
        ).all()
    wanted = [("staff.added", "laozhou"), ("staff.proposed", "laozhou"), ("staff.changed", "laowu"),
              ("staff.link_opened", "xiaohe"), ("staff.set_up", "xiaohe"), ("staff.disabled", "laozhou")]  # fmt: skip
    assert [tuple(row) for row in rows if tuple(row) in wanted] == wanted


class Post:
    """A mail server that remembers."""

    name, simulated = "post", False

    def __init__(self):
        self.sent = []

    def send(self, to, subject, text, headers, key):
        self.sent.append((to, subject))
        return key


def admin(home, name: str) -> administration.Admin:
    with home.context.database.read() as connection:
        return administration.Admin(members.named(connection, name).id, name, "demo.test")


def test_a_browser_that_is_not_signed_in_does_none_of_it(home, zhou):
    home.person("xiaolin", "reviewer")
    stranger, paths = browser(home), ("staff/xiaolin/reset", "staff/xiaolin/disable", "staff/proposals/x/confirm")
    assert {stranger.post(f"{API}/{path}").status_code for path in paths} == {401}
    he = home.person("xiaohe", "support")
    assert {he.post(f"{API}/{path}").status_code for path in paths} == {403}
