"""Nothing is lost: refresh, back, two tabs, a lost connection, a slow one; the computer and the phone."""

import time

from shiming import reasons
from shiming.demo import sample_cases, walk
from shiming.demo.cast import by_slug
from shiming.web.flow.launch_clients import sign
from tests.browser.conftest import DESK


def test_refresh_and_back_at_every_step(opened, api):
    """M20.15, M29: every step comes back after a refresh; back leads to the step before, and forward again."""
    person, made = by_slug("yan"), api.post("/verifications", {"account": "refresher"})
    phone = opened()
    phone.opens(made, person)
    phone.shows("确认是您本人")
    phone.page.reload()
    phone.shows("确认是您本人")
    phone.tap("开始")
    phone.page.reload()
    phone.tap("开始")
    phone.tap("同意，刷脸认证")
    phone.hands_in_card(person)
    phone.shows("核对姓名和号码")
    phone.page.reload()
    phone.shows("核对姓名和号码")
    assert phone.page.get_by_label("姓名").input_value() == "韩䶮"
    assert phone.page.locator(".marks .doubt").inner_text() == "䶮"
    phone.page.go_back()
    phone.page.go_forward()
    phone.shows("核对姓名和号码")
    phone.tap("没有错，继续")
    phone.shows("刷一下脸")
    phone.page.go_back()
    phone.shows("核对姓名和号码")
    phone.page.reload()
    phone.shows("刷一下脸")


def test_refresh_on_the_hand_held_photo_and_on_the_result(opened, api, tmp_path):
    """M11, M29: on the route without face recognition; what was handed in stays, and the last page comes back too."""
    person, made = by_slug("yan"), api.post("/verifications", {"account": "held-refresher"})
    path = f"/verifications/{made['id']}"
    walk.hand_in_papers(api, path, person, face=False)
    phone = opened()
    phone.opens(made, person)
    phone.shows("拍手持身份证照片")
    phone.tap("打开摄像头")
    phone.acts(frozen=True)
    phone.page.get_by_text("摄像头画面停住了").wait_for()
    for loaded in range(2):
        phone.page.reload()
        phone.shows("拍手持身份证照片")
        assert phone.page.get_by_text("手机刚才重新打开了这个页面").is_visible() == (loaded == 0)
    (tmp_path / "held.jpg").write_bytes(sample_cases.handheld(person))
    phone.page.locator("input[type=file]").set_input_files(tmp_path / "held.jpg")
    for _ in range(2):
        phone.shows("材料已收到")
        phone.page.reload()
    assert api.get(path)["state"] == "in_review"


def test_refresh_on_a_result_that_asks_for_more(opened, api):
    """M14, M29: the reason, the marked picture and the buttons come back, also from a part that was chosen there."""
    person, made = by_slug("fanguang"), api.post("/verifications", {"account": "result-refresher"})
    walk.hand_in(api, f"/verifications/{made['id']}", person)
    api.post(f"/verifications/{made['id']}/submit")
    walk.decided(api, f"/verifications/{made['id']}", person)
    phone = opened()
    phone.opens(made, person)
    for _ in range(2):
        phone.shows(reasons.rendered("photo_glare", "zh", piece="card_front").title)
        phone.page.reload()
    phone.tap("重拍身份证人像面")
    phone.shows("拍身份证人像面")
    phone.page.reload()
    phone.tap("重拍身份证人像面")
    phone.shows("拍身份证人像面")


def test_rare_characters_can_be_found(opened, api):
    """M24: by reading and strokes, by parts, by code."""
    person, made = by_slug("yan"), api.post("/verifications", {"account": "rare", "level": "basic"})
    phone = opened()
    phone.opens(made, person)
    phone.tap("开始")
    phone.shows("核对姓名和号码")
    phone.page.get_by_label("姓名").fill("韩")
    phone.tap("打不出的字")
    for way, typed in (("拼音", "yan20"), ("拆字", "龙天"), ("编码", "4dae")):
        phone.page.get_by_label(way, exact=True).check()
        phone.page.locator(".characters input:not([type=radio])").fill(typed)
        phone.page.get_by_role("button", name="䶮", exact=True).wait_for()
    phone.page.get_by_label("拆字", exact=True).check()
    phone.page.locator(".characters input:not([type=radio])").fill("女介")
    phone.page.get_by_role("button", name="㛃", exact=True).wait_for()  # as people take it apart
    phone.page.get_by_label("编码", exact=True).check()
    phone.page.locator(".characters input:not([type=radio])").fill("4dae")
    phone.page.get_by_role("button", name="䶮", exact=True).wait_for()
    phone.snap("rare")
    phone.tap("䶮")
    assert phone.page.get_by_label("姓名").input_value() == "韩䶮"


# Whether a character is drawn by our font, and drawn at all: none of the font's box, and two of them are not alike.
DRAWN = """async ([char, other]) => {
  await document.fonts.ready
  const pen = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  const ink = (sign, family) => {
    pen.clearRect(0, 0, 300, 150)
    pen.font = `40px ${family}`
    pen.fillText(sign, 10, 60)
    return pen.getImageData(0, 0, 100, 100).data.join()
  }
  await document.fonts.load('40px Rare', char + other)
  const ours = ink(char, 'Rare')
  return document.fonts.check('40px Rare', char) && ours !== ink(char, 'monospace') && ours !== ink('\\ue000', 'Rare')
    && ours !== ink(other, 'Rare')
}"""


def test_rare_characters_are_never_empty_boxes(opened, api):
    """Issue 18: old phones have no glyph for 𬭎 and its like; it is seen in list and field, and after a refresh."""
    made = api.post("/verifications", {"account": "glyphs", "level": "basic"})
    phone, asked = opened(), []
    phone.page.on("request", lambda said: said.url.endswith(".woff2") and asked.append(said.url))
    phone.opens(made, by_slug("yan"))
    phone.tap("开始")
    phone.shows("核对姓名和号码")
    assert not asked and not phone.page.locator("link#rare").count()  # nobody else pays for it
    phone.tap("打不出的字")
    phone.page.locator(".characters input:not([type=radio])").fill("hong")
    phone.page.get_by_role("button", name="𬭎", exact=True).wait_for()
    assert phone.page.evaluate(DRAWN, ["𬭎", "𠄔"])
    phone.snap("glyphs")
    phone.tap("𬭎")
    assert 1 <= len(asked) <= 4
    assert phone.page.get_by_label("姓名").input_value() == "𬭎"
    phone.page.get_by_label("姓名").fill("张小𬭎")
    phone.page.get_by_label("身份证号码", exact=True).fill(by_slug("yan").number)
    phone.tap("没有错，继续")
    phone.shows("认证通过了")
    phone.page.reload()
    phone.page.get_by_text("张*𬭎").wait_for()
    phone.page.locator("link#rare").wait_for(state="attached")
    assert phone.page.evaluate(DRAWN, ["𬭎", "𠄔"])
    phone.snap("glyph-on-result")


def test_two_tabs_and_a_link_opened_twice(opened, api):
    """M29: the second tab is in as well; somebody else with the same link is told what to do."""
    made = api.post("/verifications", {"account": "tabs"})
    phone, stranger = opened(), opened()
    phone.opens(made, by_slug("yan"))
    phone.tap("开始")
    second = phone.context.new_page()
    second.goto(made["url"].partition("#")[0])
    second.get_by_role("heading", level=1, name="确认是您本人").wait_for()
    phone.tap("不刷脸，人工审核")
    phone.shows("拍身份证人像面")
    second.reload()
    second.get_by_role("heading", level=1, name="拍身份证人像面").wait_for()
    stranger.opens(made, by_slug("yan"))
    stranger.shows("这个链接已经打开过了")


def test_the_connection_is_lost_in_mid_upload_and_then_slow(opened, api):
    """M12, M20.15: the picture is kept and sent when the line is back; at 60 KB a second one sees how far it is."""
    person, made = by_slug("hege"), api.post("/verifications", {"account": "offline"})
    phone = opened()
    phone.opens(made, person)
    phone.agrees()
    phone.tap("打开摄像头")
    phone.page.route("**/evidence/card_front", lambda route: route.abort("internetdisconnected"))
    phone.page.get_by_role("button", name="拍照").click()
    phone.page.get_by_text("网络断开了").wait_for()
    phone.snap("line-lost")
    phone.page.unroute("**/evidence/card_front")
    phone.shows("拍身份证国徽面")
    assert phone.page.evaluate("window.__actor.opened") == 1
    slow = {"offline": False, "latency": 400, "downloadThroughput": 100_000, "uploadThroughput": 60_000}
    phone.context.new_cdp_session(phone.page).send("Network.emulateNetworkConditions", slow)
    phone.be(person, "back")
    phone.tap("打开摄像头")
    phone.page.get_by_role("button", name="拍照").click()
    phone.page.get_by_role("progressbar").wait_for()
    phone.shows("核对姓名和号码")


def test_from_the_computer_to_the_phone(opened, api):
    """M21: the code, the number, the phone's own page, and the computer that follows."""
    person, made = by_slug("hege"), api.post("/verifications", {"account": "desk"})
    desk, phone = opened(DESK), opened()
    desk.opens(made, person)
    desk.shows("确认是您本人")
    desk.page.get_by_role("link", name="用手机继续").click()
    desk.shows("用手机扫一扫")
    link, number = desk.page.locator("code").inner_text(), desk.page.locator(".number").inner_text()
    phone.be(person)
    phone.page.goto(link)
    phone.shows("在手机上继续认证")
    phone.tap(number)
    phone.shows("确认是您本人")
    phone.tap("开始")
    phone.tap("同意，刷脸认证")
    phone.shows("拍身份证人像面")
    desk.shows("请在手机上继续")
    desk.page.locator("li.past").first.wait_for()


def test_the_simple_mode_in_a_browser_without_script(opened, api, tmp_path):
    """M39: forms and files alone, in a browser where scripts are off."""
    person, made = by_slug("hege"), api.post("/verifications", {"account": "no-script"})
    link = api.post(f"/verifications/{made['id']}/links?simple=true")["url"]
    phone = opened(java_script_enabled=False)
    phone.page.goto(link)
    phone.shows("简易版实名认证")
    phone.tap("开始")
    phone.tap("好，用这种方式")
    phone.shows("身份证人像面")
    front = tmp_path / "front.jpg"
    front.write_bytes(person.picture("front"))
    phone.page.get_by_label("选择照片").set_input_files(front)
    phone.tap("下一步")
    phone.shows("身份证国徽面")


def test_the_wrong_and_the_old_app(opened, api, server):
    """M20.15, M20.18: each is told what to do; then the right one opens the same link."""
    import httpx

    made = api.post("/verifications", {"account": "launch"})
    client = api.post("/clients", {"name": "android", "min_version": "5.12"})
    page, _, secret = made["url"].partition("#")
    try:
        phone = opened()
        for version, title in (("", "请用指定的 App 打开"), ("5.1", "App 版本太旧了"), ("5.12", "确认是您本人")):
            until = int(time.time()) + 60
            launch = sign(client["secret"].encode(), "android", version, made["id"], until) if version else ""
            phone.page.goto(f"{page}?launch={launch}#{secret}")
            phone.shows(title)
    finally:
        headers = {"Authorization": f"Bearer {server.key}"}
        httpx.delete(f"{server.address}/v1/clients/{client['id']}", headers=headers, timeout=60)
    assert reasons.get("client_outdated").fixed_by == "holder"
