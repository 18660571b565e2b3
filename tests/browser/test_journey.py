"""The holder's whole way on a phone, from the link to the result."""

from shiming.demo.cast import by_slug


def test_zhang_hege_is_verified_in_one_go(opened, door):
    """M10–M12, M20, M25: link, consent, both sides, name and number, live face, result without reloading."""
    made = door.post("/verifications", {"account": "hege-browser", "level": "standard", "return_url": "http://host.test/"})
    phone = opened()
    phone.be(by_slug("hege"))
    phone.page.goto(made["url"])
    phone.shows("确认是您本人")
    phone.tap("开始")
    phone.tap("同意，刷脸认证")
    for side, title in (("front", "拍身份证人像面"), ("back", "拍身份证国徽面")):
        phone.shows(title)
        phone.be(by_slug("hege"), side)
        phone.tap("打开摄像头")
        phone.tap("拍照")
    phone.shows("核对姓名和号码")
    assert phone.page.get_by_label("姓名").input_value() == "张合格"
    phone.tap("没有错，继续")
    phone.shows("刷一下脸")
    phone.tap("准备好了，开始")
    phone.shows("认证通过了")
    assert door.get(f"/verifications/{made['id']}")["state"] == "approved"
