"""A face as every vendor takes it: JPEG, 720 pixels on its short side at most, no metadata, light."""

import io

from PIL import Image

SHORT, MOST_BYTES = 720, 200_000
QUALITIES = (90, 80, 70, 60)


def fitted(face: bytes) -> bytes:
    """The same picture within SHORT and MOST_BYTES; as it is where it fits already. `face` is a JPEG of ours."""
    with Image.open(io.BytesIO(face)) as picture:
        scale = SHORT / min(picture.size)
        if scale >= 1 and len(face) <= MOST_BYTES and not picture.getexif():
            return face
        small = picture.convert("RGB")
    if scale < 1:
        small = small.resize((round(small.width * scale), round(small.height * scale)), Image.Resampling.LANCZOS)
    for quality in QUALITIES:
        out = io.BytesIO()
        small.save(out, "JPEG", quality=quality)
        if out.tell() <= MOST_BYTES:
            break
    return out.getvalue()
