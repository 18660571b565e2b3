"""Names by which virtual cameras are known: programs that pass a film off as a camera. Rows of data."""

NAMES = (
    "akvirtualcamera",
    "avatarify",
    "camo",
    "camtwist",
    "chromacam",
    "dev/video loopback",
    "droidcam",
    "dummy video device",
    "e2esoft",
    "epoccam",
    "facerig",
    "fake_device",
    "faceswap",
    "fineshare",
    "iriun",
    "ivcam",
    "logi capture",
    "manycam",
    "mmhmm",
    "ndi",
    "nvidia broadcast",
    "obs",
    "perfect corp virtual",
    "screen capture",
    "snap camera",
    "splitcam",
    "swapface",
    "v4l2loopback",
    "vcam",
    "virtual",
    "webcamoid",
    "xsplit",
    "youcam",
    "虚拟",
)


def virtual_camera(label: str) -> str | None:
    """The name of the list that a camera's label bears as a word or the start of one, else None."""
    told = " " + "".join(c if c.isalnum() else " " for c in label.lower())
    return next((name for name in NAMES if f" {_plain(name)}" in told or (not name.isascii() and name in label)), None)


def _plain(name: str) -> str:
    return "".join(c if c.isalnum() else " " for c in name)
