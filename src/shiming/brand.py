"""How an app looks to its holders: its name, colour, corners and logo. Whatever colour is chosen, words stay legible.

The operator's colour is only where the search begins: what is drawn with it is made darker (on dark pages lighter)
until it stands out by WCAG's 4.5 : 1 from every ground that it may lie on.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from shiming.errors import BadInput

LEAST = 4.5  # contrast, WCAG 2 level AA
COLOUR, CORNER = "#0b6b5d", 14
WIDEST_CORNER, LARGEST_LOGO, PNG = 28, 48 * 1024, b"\x89PNG\r\n\x1a\n"
WHITE, BLACK = (255, 255, 255), (0, 0, 0)
LIGHT = ((0xF7, 0xF5, 0xF0), WHITE)
DARK = ((0x14, 0x18, 0x1A), (0x1E, 0x24, 0x27))
"""The grounds of the holder's pages (flow.css): page and paper."""
Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Brand:
    """What an operator has set for one side of an app. An empty name: that of the settings. `logo` is a PNG."""

    zh: str = ""
    en: str = ""
    colour: str = COLOUR
    corner: int = CORNER
    logo: bytes = b""


def checked(brand: Brand) -> Brand:
    """The same where it can be drawn. Raises BadInput."""
    if not re.fullmatch(r"#[0-9a-f]{6}", brand.colour):
        raise BadInput("A colour is written #rrggbb, in small letters.", "colour_invalid")
    if not 0 <= brand.corner <= WIDEST_CORNER:
        raise BadInput(f"Corners are rounded by 0 to {WIDEST_CORNER} pixels.", "corner_invalid")
    if brand.logo and (not brand.logo.startswith(PNG) or len(brand.logo) > LARGEST_LOGO):
        raise BadInput(f"A logo is a PNG of at most {LARGEST_LOGO // 1024} KB.", "logo_invalid")
    return brand


def contrast(one: Rgb, other: Rgb) -> float:
    """Between two colours, from 1 to 21 (WCAG 2)."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def palette(colour: str, dark: bool = False) -> dict[str, Rgb]:
    """What the pages draw with: `go` (buttons, links), `on-go` on it, `go-dark` (pressed), `go-pale` behind words."""
    chosen = _rgb(colour)
    grounds, towards, on = (DARK, WHITE, DARK[0]) if dark else (LIGHT, BLACK, WHITE)
    pale = mixed(chosen, grounds[0] if dark else WHITE, 0.86)
    go = _legible(chosen, (*grounds, pale, on), towards)
    return {"go": go, "on-go": on, "go-dark": mixed(go, towards, 0.25), "go-pale": pale}


def css(brand: Brand, logo: str = "") -> str:
    """The style that goes over flow.css; `logo` is the address of the picture."""
    light, dark = (_variables(palette(brand.colour, dark)) for dark in (False, True))
    corner = f"--corner:{brand.corner}px"
    mark = (
        f'.who::before{{content:"";display:inline-block;width:1.7em;height:1.7em;margin-right:.5em;vertical-align:middle;'
        f'background:url("{logo}") center/contain no-repeat}}'
    )
    return f":root{{{light};{corner}}}@media (prefers-color-scheme:dark){{:root:not(.bright){{{dark}}}}}" + (
        mark if logo else ""
    )


def mixed(one: Rgb, other: Rgb, share: float) -> Rgb:
    """`one` with that share of `other`."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _legible(colour: Rgb, grounds: Sequence[Rgb], towards: Rgb) -> Rgb:
    """The colour, as little changed as it takes to stand out from all of these."""
    for step in range(101):
        tried = mixed(colour, towards, step / 100)
        if all(contrast(tried, ground) >= LEAST for ground in grounds):
            return tried
    return towards


def _variables(colours: dict[str, Rgb]) -> str:
    return ";".join(f"--{name}:#{red:02x}{green:02x}{blue:02x}" for name, (red, green, blue) in colours.items())


def _rgb(colour: str) -> Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: Rgb) -> float:
    red, green, blue = (part / 255 for part in colour)
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in (red, green, blue))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
