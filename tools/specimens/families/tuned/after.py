"""What happens to a finished photo: a phone's own processing, a phrase laid over it, being sent on."""

from random import Random

import cv2
import numpy as np
from PIL import Image, ImageDraw

from ... import fonts, photo

PHRASES = ("仅供实名认证使用", "仅供XX平台认证", "本复印件仅供核验", "仅供实名认证使用，他用无效", "此证件仅用于注册")


def phrased(picture: np.ndarray, middle: np.ndarray, wide: float, rng: Random) -> np.ndarray:
    """The picture under rows of a phrase, or with one line of it, half transparent."""
    em, phrase = max(12, round(wide * rng.uniform(0.03, 0.055))), rng.choice(PHRASES)
    layer = Image.new("L", picture.shape[1::-1], 0)
    draw, font = ImageDraw.Draw(layer), fonts.load(rng.choice(fonts.HEI), em)
    strength = rng.randint(40, 105)
    if rng.random() < 0.5:
        for y in range(0, layer.height, em * rng.randint(3, 6)):
            for x in range(rng.randint(-em * 8, 0), layer.width, round(font.getlength(phrase)) + em * 2):
                draw.text((x, y), phrase, fill=strength, font=font)
    else:
        draw.text((middle[0], middle[1] + rng.uniform(-0.2, 0.2) * wide), phrase, fill=strength, font=font, anchor="mm")
    turn, at = rng.uniform(-50, 50), (float(middle[0]), float(middle[1]))
    matrix = cv2.getRotationMatrix2D(at, turn, 1.0)
    share = cv2.warpAffine(np.asarray(layer), matrix, layer.size, borderMode=cv2.BORDER_REFLECT)
    colour = np.float32([rng.choice((0, 60, 128, 220, 255)) for _ in range(3)])
    share = share.astype(np.float32)[..., None] / 255
    return (picture * (1 - share) + colour * share).astype(np.uint8)


def processed(picture: np.ndarray, rng: Random, hdr: bool) -> np.ndarray:
    """What a phone makes of a dark or a contrasty scene: lifted shadows, colours smoothed, edges hard."""
    seen = picture.astype(np.float32)
    if hdr:
        base = cv2.GaussianBlur(seen.mean(axis=2), (0, 0), picture.shape[1] / 20)
        seen *= (0.5 + 0.5 * (seen.mean() / np.maximum(base, 8)) ** rng.uniform(0.2, 0.6))[..., None]
    else:
        seen = cv2.medianBlur(picture, 3).astype(np.float32)
        seen = 255 * (seen / 255) ** rng.uniform(0.5, 0.8)
        seen *= min(3.0, 120 / max(float(seen.mean()), 20))
    soft = cv2.GaussianBlur(seen, (0, 0), rng.uniform(0.8, 1.6))
    return np.clip(seen + (seen - soft) * rng.uniform(0.6, 2.2), 0, 255).astype(np.uint8)


def sent(picture: np.ndarray, rng: Random) -> bytes:
    """A JPEG that was made smaller and saved again once or twice."""
    for _ in range(rng.choice((1, 2))):
        scale = min(1.0, rng.choice((960, 1080, 1280, 1600)) / max(picture.shape[:2]))
        picture = cv2.resize(
            picture, None, fx=scale, fy=scale, interpolation=rng.choice((cv2.INTER_AREA, cv2.INTER_LINEAR))
        )
        jpeg = photo.encode(picture, rng.randint(42, 75))
        picture = photo.opened(jpeg)
    return jpeg
