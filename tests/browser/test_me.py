"""My account on a phone: what lifts a hold, an appeal piece by piece, help, a live conversation, one's accounts."""

import httpx
import pytest
from playwright.sync_api import expect

from bench import clips
from shiming.demo import walk
from shiming.demo.cast import by_slug
from shiming.store.account import accounts, subjects
from shiming.store.database import Database
from tests.browser.conftest import DESK, PHONE
from tests.stories.keys import key
from tests.stories.pictures import handheld


@pytest.fixture
def my_account(api, opened):
    """Opens an account's own pages on a phone, as its app would."""

    def one(account: str, device: dict = PHONE, **ways):
        screen = opened(device)
        screen.page.goto(api.post(f"/accounts/{account}/me", ways)["url"])
        return screen

    return one


def test_a_pledge_lifts_a_hold(my_account, api):
    """M15, M31: why, since when, what it holds back, what lifts it; the pledge is made, and the account normal."""
    asked = {"reason": "violation_rumour", "capabilities": ["publish", "live"], "requirements": ["pledge"]}
    api.post("/accounts/pledger/holds", asked)
    phone = my_account("pledger", return_url="https://app.test/")
    phone.shows("账号有 1 项限制")
    held = phone.page.locator(".hold")
    expect(held).to_contain_text("发布内容、开直播")
    phone.tap("English")
    phone.shows("Restrictions on your account: 1")
    phone.tap("中文")
    phone.tap("阅读承诺书")
    phone.shows("承诺书")
    expect(phone.page.locator("blockquote")).to_contain_text("我保证不再发布同类内容")
    phone.tap("我承诺")
    phone.shows("账号一切正常")
    phone.page.get_by_role("link", name="消息").click()
    phone.shows("消息")
    phone.page.locator("details", has_text="账号恢复正常").first.click()
    phone.page.go_back()
    phone.shows("账号一切正常")
    assert api.get("/accounts/pledger/standing")["standing"] == "normal"


def test_every_kind_of_hold_has_its_way_out(my_account, api):
    """M3, M4, M14, M15: a button for what the holder can do, the platform's own pages for what it does."""
    wanted = ["verify:standard", "complete_profile:nickname,avatar", "confirm_phone|review", "serve_until:2031-12-31"]
    api.post("/accounts/many-ways/holds", {"reason": "login_risk", "requirements": wanted})
    ban = {"reason": "violation_fraud", "requirements": [], "capabilities": ["withdraw"]}
    api.post("/accounts/many-ways/holds", ban)
    profile = "https://app.test/profile"
    for device in (PHONE, DESK):
        screen = my_account("many-ways", device, profile_url=profile, phone_url="https://app.test/phone")
        screen.shows("账号有 2 项限制")
        for name in ("立即认证", "去补全资料", "去确认手机号"):
            expect(screen.page.get_by_role("button", name=name)).to_be_visible()
        expect(screen.page.get_by_role("heading", name="部分功能已被封禁")).to_be_visible()
    screen.page.route(f"{profile}*", lambda route: route.fulfill(body="profile"))
    screen.tap("去补全资料")
    screen.page.wait_for_url(profile)


def failed_twice(api, account: str) -> dict:
    """王不符, whose name and number do not match, tried with name and number alone and got the same answer again."""
    made, person = api.post("/verifications", {"account": account, "level": "basic"}), by_slug("bufu")
    for _ in range(2):
        api.post(f"/verifications/{made['id']}/identity", {"name": person.name, "number": person.number})
        api.post(f"/verifications/{made['id']}/submit")
        walk.decided(api, f"/verifications/{made['id']}", person)
    return made


def test_an_appeal_from_the_result_page(opened, api, tmp_path):
    """M26, M30: missing and unusable pieces are named at once; the video survives a lost line; a deadline."""
    phone = opened()
    phone.opens(failed_twice(api, "appeals-by-phone"), by_slug("bufu"))
    phone.page.get_by_role("link", name="不同意？申诉").click()
    phone.shows("申诉：请备齐材料")
    expect(phone.page.get_by_text("还差 6 件")).to_be_visible()
    hands_in_pieces(phone, tmp_path)
    loses_the_line(phone, chooses(phone, "failure_video", tmp_path, "v.mp4", clips.recorded("hege", 0, 2)))
    video = phone.page.locator("[data-piece=failure_video]")
    expect(video.get_by_text("没有认出这些")).to_be_visible()
    expect(video).to_contain_text("点“立即认证”的画面")
    expect(video).to_contain_text("都拍到了，就不用重拍")
    phone.snap("appeal-video-lacks")
    expect(phone.page.get_by_label("姓名", exact=True)).to_have_count(0)  # who they are was told already
    for name, text in (("账号名称", "示例"), ("App 版本", "9.1"), ("联系方式", "13800000000")):
        phone.page.get_by_label(name, exact=True).fill(text)
    phone.snap("appeal-filled")
    phone.tap("保存")
    expect(phone.page.get_by_text("材料齐了，可以提交")).to_be_visible()
    phone.tap("提交申诉")
    phone.shows("申诉已交，等工作人员答复")
    expect(phone.page.get_by_text("最晚")).to_be_visible()
    phone.page.get_by_role("link", name="我的账号").click()
    phone.page.get_by_role("link", name="看认证结果").click()
    phone.page.get_by_role("link", name="看申诉进度").click()
    phone.shows("申诉已交，等工作人员答复")


def chooses(phone, piece: str, folder, name: str, data: bytes):
    """Chooses a file for a piece of the package, as soon as the one before is through."""
    (folder / name).write_bytes(data)
    field = phone.page.locator(f"[data-piece={piece}] input[type=file]")
    expect(field).to_be_enabled()
    return lambda: field.set_input_files(folder / name)


def hands_in_pieces(phone, folder) -> None:
    front, back = (by_slug("hege").picture(side) for side in ("front", "back"))
    chooses(phone, "card_back", folder, "wrong.jpg", front)()
    expect(phone.page.locator("[data-piece=card_back]")).to_contain_text("要重拍")
    phone.snap("appeal-unusable")
    given = {"card_back": back, "card_front": front, "handheld_front": handheld("hege"), "error_screenshot": front}
    for piece, picture in given.items():
        chooses(phone, piece, folder, f"{piece}.jpg", picture)()
        expect(phone.page.locator(f"[data-piece={piece}]")).to_contain_text("已收到")


def loses_the_line(phone, choose) -> None:
    """M20.15: the connection goes in the middle; the upload waits and goes on."""
    phone.page.route("**/uploads/*", lambda route: route.abort("internetdisconnected"))
    choose()
    expect(phone.page.get_by_text("网络断开了")).to_be_visible()
    phone.page.unroute("**/uploads/*")
    expect(phone.page.locator("[data-piece=failure_video]")).to_contain_text("已收到")


def test_a_large_video_goes_on_after_the_page_was_closed(opened, api, tmp_path):
    """M29: the line goes after the first part, the page is closed; the same film, chosen again, goes on from there."""
    made, film = failed_twice(api, "appeals-twice"), tmp_path / "long.mp4"
    film.write_bytes(b"\0\0\0\x18ftypmp42" + bytes(3 << 20))
    phone, offsets = opened(), []

    def first_only(route) -> None:
        offsets.append(int(route.request.headers["upload-offset"]))
        route.abort("internetdisconnected") if offsets[-1] else route.continue_()

    phone.opens(made, by_slug("bufu"))
    phone.page.get_by_role("link", name="不同意？申诉").click()
    phone.page.route("**/uploads/*", lambda r: first_only(r) if r.request.method == "PATCH" else r.continue_())
    chooses(phone, "failure_video", tmp_path, film.name, film.read_bytes())()
    expect(phone.page.get_by_text("网络断开了")).to_be_visible()
    phone.page.unroute("**/uploads/*")
    sent = []
    phone.page.on("request", lambda r: r.method == "PATCH" and sent.append(int(r.headers["upload-offset"])))
    phone.page.reload()
    phone.page.get_by_text("手机刚才重新打开了这个页面").wait_for()
    phone.page.locator("[data-piece=failure_video] input[type=file]").set_input_files(film)
    expect(phone.page.locator("[data-piece=failure_video]")).to_contain_text("要重拍")  # it is no film that plays
    assert offsets[:2] == [0, 1 << 20] and sent == [1 << 20, 2 << 20, 3 << 20]


def test_help_is_found_and_people_answer_live(my_account, server):
    """M16: words off the page find the reason; a question is answered while the page is open, and rated."""
    phone = my_account("asks-for-help")
    phone.page.get_by_role("link", name="帮助中心").click()
    phone.shows("帮助中心")
    expect(phone.page.locator("details summary")).to_contain_text(["怎么注销账号", "多久出结果"])  # to browse
    phone.page.get_by_role("searchbox").fill("怎么注销？")
    expect(phone.page.locator("details summary").first).to_have_text("怎么注销账号")
    expect(phone.page.get_by_role("link", name="去看看")).to_have_attribute("href", "#/cancel")
    phone.snap("help-topic")
    phone.page.get_by_role("searchbox").fill("照片上有反光")
    expect(phone.page.locator("details summary").first).to_contain_text("反光")
    phone.snap("help-found")
    phone.page.get_by_role("link", name="在线问客服").click()
    phone.shows("联系客服")
    phone.page.get_by_label("想问什么").fill("拍了三次都反光，怎么办？")
    phone.tap("发送")
    phone.shows("咨询")
    ticket = phone.page.url.rpartition("/")[2]
    support = server.api(key(server, role="support", name="xiaohe"))
    support.post(f"/tickets/{ticket}/messages", {"text": "请关掉顶灯，斜着一点拍。"})
    expect(phone.page.get_by_text("请关掉顶灯")).to_be_visible()
    expect(phone.page.get_by_role("button", name="很有帮助")).to_have_count(0)  # it is not over yet
    phone.tap("问题解决了，结束对话")
    phone.page.get_by_role("button", name="很有帮助").click()
    expect(phone.page.get_by_role("heading", name="谢谢您的评价")).to_be_visible()
    phone.snap("talk-rated")
    assert support.get(f"/tickets/{ticket}")["rating"] == 5


def test_an_account_in_my_name_that_is_not_mine(my_account, api, server):
    """M28, M37: first the face check in this browser, by way of my account and back; then the list, and a claim."""
    person = by_slug("shaohou")
    phone = my_account("shaohou-own", return_url="https://app.test/")
    phone.page.get_by_role("link", name="我名下的账号").click()
    phone.tap("立即认证")
    phone.shows("确认是您本人")
    path = f"/verifications/{phone.page.url.rpartition('/')[2]}"
    walk.hand_in(api, path, person)
    api.post(f"{path}/submit")
    walk.decided(api, path, person)
    another_account(server, "shaohou-own", "a-thief-s-account")
    phone.page.reload()
    phone.shows("认证通过了")
    phone.page.get_by_role("link", name="回到我的账号").click()
    phone.shows("账号一切正常")
    phone.page.get_by_role("link", name="我名下的账号").click()
    phone.shows("我名下的账号")
    phone.tap("不是我的")
    phone.snap("places-sure")
    phone.tap("确定不是您的")
    expect(phone.page.get_by_text("已经记录，工作人员会核实")).to_be_visible()
    reviewer = httpx.Client(headers={"Authorization": f"Bearer {server.reviewers[0]}"}, timeout=60)
    claims = reviewer.get(f"{server.address}/v1/claims").json()["items"]
    assert "a-thief-s-account" in [claim["account"] for claim in claims]
    phone.page.go_back()
    phone.page.get_by_role("link", name="隐私记录").click()
    phone.shows("隐私记录")
    expect(phone.page.get_by_text("人脸画面")).to_be_visible()
    phone.page.go_back()
    phone.page.get_by_role("link", name="注销账号").click()
    phone.shows("注销账号")
    phone.page.get_by_label("我已看清").check()
    phone.page.get_by_role("button", name="注销账号").click()
    phone.tap("撤回注销")
    phone.shows("账号一切正常")


def test_erasure_is_asked_for_with_what_it_means(my_account, api):
    """M39: what goes at once, what the privacy officer sees to, what cannot be brought back; then how it goes on."""
    walk.verify(api, by_slug("yan"), "wants-erasure", kind="guest")
    phone = my_account("wants-erasure")
    phone.page.get_by_role("link", name="隐私记录").click()
    phone.shows("隐私记录")
    phone.tap("申请删除这些资料")
    expect(phone.page.get_by_text("同意马上撤回")).to_be_visible()
    phone.snap("erasure-sure")
    phone.tap("确定申请删除")
    phone.shows("申请删除资料")
    phone.page.go_back()
    phone.page.get_by_role("link", name="已经申请删除").click()
    phone.shows("申请删除资料")


def another_account(server, one: str, other: str) -> None:
    """Somebody has bound a second account to the same person."""
    database = Database(server.settings.place("database_url"))
    with database.write() as connection:
        subject = accounts.by_ref(connection, "demo.test", one).subject
        made = accounts.get_or_open(connection, "demo.test", other, "studio", "zh-CN", 1)
        subjects.bind(connection, made.id, subject, "standard", 1)
    database.close()


def test_a_link_that_was_used_before(api, opened):
    """M29: told what to do, in words; nothing is lost."""
    url = api.post("/accounts/used-link/me", {})["url"]
    first, second = opened(), opened()
    first.page.goto(url)
    first.shows("账号一切正常")
    second.page.goto(url)
    second.shows("需要从 App 重新进入")
