"""A morning's worth of cases for the demo's console: what people of the cast leave behind when something goes wrong."""

import io
import time
from pathlib import Path

from PIL import Image

from shiming.demo import film, walk
from shiming.demo.cast import Person, by_slug
from shiming.demo.walk import ApiClient, Result

WALKER = "streamer-1"
PATIENCE, MP4 = 600.0, "video/mp4"
BECAUSE = {"rule": "logins_far_apart", "version": "default-1", "values": {"km_per_hour": 4100}}


def leave(api: ApiClient, results: list[Result]) -> None:
    """Beside the verifications that wait already: an appeal, two conversations, a hold to be reviewed, "not mine", and
    an account that is held until it is verified.
    """
    known = {result.person.slug: result.verification["id"] for result in results}
    walk.shows_face_again(api, f"/verifications/{known['jiuzhao']}", by_slug("jiuzhao"))
    appeal(api, known["jiuzhao"], by_slug("jiuzhao"))
    conversations(api, known)
    far_apart = {"reason": "login_risk", "capabilities": ["withdraw"], "requirements": ["review"], "because": BECAUSE}
    api.post("/accounts/huanyuan/holds", far_apart)
    api.post("/accounts/changqi/holds", {**far_apart, "requirements": ["review", "confirm_phone"]})
    not_mine(api, known["mane"])
    hold_walker(api)


def hold_walker(api: ApiClient) -> None:
    """The streamer of the pretended platform may not go live before somebody has verified the account."""
    api.post(f"/accounts/{WALKER}/holds", {"reason": "login_risk", "capabilities": ["live"], "kind": "creator"})


def appeal(api: ApiClient, verification: str, person: Person, seconds: float = 2.0) -> str:
    """An appeal with all its pieces, handed in; returns its id."""
    path = f"/appeals/{api.post(f'/verifications/{verification}/appeals')['id']}"
    pieces(api, path, person, seconds)
    until = time.monotonic() + PATIENCE
    while (seen := api.get(path))["video"] is None and time.monotonic() < until:
        time.sleep(0.3)
    if seen["video"] is None:  # a machine so slow leaves the appeal to be handed in by hand
        return seen["id"]
    return api.post(f"{path}/hand_in")["id"]


def pieces(api: ApiClient, path: str, person: Person, seconds: float = 2.0) -> None:
    """The film (so many seconds a scene), the pictures and the facts."""
    shown = {"handheld_front": handheld(person), "card_front": person.picture("front"),
             "card_back": person.picture("back"), "error_screenshot": screenshot()}  # fmt: skip
    api.post(f"{path}/pieces/failure_video", files={"video": ("film.mp4", film.shot(person, seconds=seconds), MP4)})
    for piece, picture in shown.items():
        api.post(f"{path}/pieces/{piece}", files={"picture": (f"{piece}.jpg", picture, "image/jpeg")})
    facts = {"account_name": "示例账号", "name": person.name, "number": person.number, "device_model": "示例手机 12",
             "prompt_seen": "人脸和公安留存的照片没有对上", "app_version": "9.1",
             "contact": "mail@example.test"}  # fmt: skip
    api.post(f"{path}/pieces/facts", facts)


def conversations(api: ApiClient, known: dict[str, str]) -> None:
    """Two holders write; one of them with a picture."""
    asked = {"account": "bufu", "topic": "verification", "verification": known["bufu"]}
    api.post("/tickets", {**asked, "text": "我的名字没有写错，为什么说和号码不符？"})
    asked = {"account": "mohu", "topic": "verification", "verification": known["mohu"]}
    made = api.post("/tickets", {**asked, "text": "照片拍了三次都说模糊，请看看是不是这样？"})
    picture = by_slug("mohu").picture("front")
    api.post(f"/tickets/{made['id']}/pictures", files={"picture": ("card.jpg", picture, "image/jpeg")})


def not_mine(api: ApiClient, verification: str) -> None:
    """蒋满额 says, after the face check, that the account which takes the only place is somebody else's."""
    for place in api.get(f"/verifications/{verification}/places")["items"]:
        if "not_mine" in place["can"]:
            api.post(f"/verifications/{verification}/places/{place['place']}/not_mine")


def handheld(person: Person) -> bytes:
    """Somebody holding their card up beside their face (JPEG)."""
    photo = Image.open(io.BytesIO(person.frames()[0][1])).resize((1200, 1600))
    card = Image.open(io.BytesIO(person.picture("front"))).resize((600, 450))
    photo.paste(card, (580, 1150))
    return _jpeg(photo)


def screenshot() -> bytes:
    """What the phone said (JPEG)."""
    return _jpeg(Image.open(Path(__file__).parent / "pages" / "result.png").convert("RGB").resize((720, 1480)))


def materials(folder: Path, person: Person) -> Path:
    """All that a newcomer needs to walk the way by hand, as files: cards, hand-held photo, film, screenshot."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = {"front.jpg": person.picture("front"), "back.jpg": person.picture("back"), "handheld.jpg": handheld(person),
            "screenshot.jpg": screenshot(), "film.mp4": film.shot(person)}  # fmt: skip
    for name, data in kept.items():
        (folder / name).write_bytes(data)
    return folder


def _jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=88)
    return out.getvalue()
