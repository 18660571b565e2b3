"""The page with a stream of the browser's own: no actor in the page, Chromium's fake camera plays a film."""

import io

from PIL import Image
from playwright.sync_api import expect

from shiming.demo.cast import by_slug
from tests.browser.conftest import ANDROID, FLAGS, PATIENCE, VIOLATION, program


def test_the_card_is_read_from_a_real_stream(chromium, api, tmp_path):
    """M10, M24: getUserMedia as the browser makes it; the card is seen, shot by itself or by hand, and read."""
    person, made = by_slug("hege"), api.post("/verifications", {"account": "real-stream"})
    api.post(f"/verifications/{made['id']}/consent", {"face": True})
    film = tmp_path / "card.mjpeg"
    film.write_bytes(_jpeg(person.picture("front")) * 10)
    camera = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
              f"--use-file-for-fake-video-capture={film}"]  # fmt: skip
    browser = chromium.kind.launch(executable_path=program(), args=[*FLAGS, *camera])
    try:
        _goes_through(browser, made, person)
    finally:
        browser.close()


def _goes_through(browser, made, person) -> None:
    page = browser.new_page(locale="zh-CN", user_agent=ANDROID, viewport={"width": 360, "height": 740})
    page.set_default_timeout(PATIENCE)
    faults = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.on("console", lambda said: said.text.startswith("CSP") and faults.append(said.text))
    page.add_init_script(VIOLATION)
    page.goto(made["url"])
    page.get_by_role("button", name="打开摄像头").click()
    expect(page.locator("video")).to_have_js_property("videoWidth", 1280)
    expect(page.get_by_role("heading", name="拍身份证国徽面")).to_be_visible()  # it shoots by itself when it is good
    seen = page.request.get(made["url"].partition("#")[0] + "/state").json()
    assert seen["reading"]["number"]["text"] == person.number and faults == []


def _jpeg(picture: bytes) -> bytes:
    """Plain: 4:2:0 and without what a camera writes beside the picture."""
    kept = io.BytesIO()
    Image.open(io.BytesIO(picture)).convert("RGB").save(kept, "JPEG", quality=92, subsampling="4:2:0")
    return kept.getvalue()
