"""WCAG 2.1 AA by computation: text at least 4.5:1, graphics and large signs at least 3:1, in both palettes."""

from __future__ import annotations

import re

import pytest

from pipeline.web.assets import PAGE

TEXT = 4.5
GRAPHICS = 3.0
GROUNDS = ("ground", "sheet", "raised")
ON_WASH = {"good": "good-wash", "warning": "warning-wash", "critical": "critical-wash"}


def palettes() -> dict[str, dict[str, str]]:
    blocks = re.findall(r"([^{}]*)\{([^{}]*color-scheme: (?:dark|light);[^{}]*)\}", (PAGE / "style.css").read_text())
    assert len(blocks) == 3
    dark, by_system, chosen = (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})\b", body)) for _, body in blocks)
    assert by_system == chosen, "light is the same whoever chooses it"
    return {"dark": dark, "light": chosen}


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb (WCAG 2.1)."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_black_on_white_is_21() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_text_can_be_read(theme: str) -> None:
    colours = palettes()[theme]
    pairs = [(ink, ground) for ink in ("ink", "quiet", "good", "warning", "critical") for ground in GROUNDS]
    pairs += [("accent", "sheet"), ("accent", "ground"), ("on-accent", "accent"), ("quiet", "land")]
    pairs += [(ink, wash) for wash in ON_WASH.values() for ink in ("ink",)] + list(ON_WASH.items())
    poor = {pair: round(contrast(*(colours[name] for name in pair)), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in poor.items() if ratio < TEXT} == {}


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_drawings_can_be_seen(theme: str) -> None:
    colours = palettes()[theme]
    hues = ("water", "energy", "waste", "disaster", "accent", "critical", "warning")
    pairs = [(hue, ground) for hue in hues for ground in ("sheet", "land")]
    pairs += [("critical", "critical-wash"), ("warning", "warning-wash")]
    poor = {pair: round(contrast(*(colours[name] for name in pair)), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in poor.items() if ratio < GRAPHICS} == {}
