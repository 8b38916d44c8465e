"""Pictures for the page: a mask as a see-through overlay, and the HTML of lineups and galleries."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path

import cv2
import numpy as np

from agent.events import LineupEvent, Picture
from tools.vision.images import content_hash, encode_png, load_image, write_atomic

Link = Callable[[Path], str | None]
RED = (228, 30, 52)
FILL = 0.30


def mask_overlay(mask_path: Path, folder: Path) -> Path:
    """A transparent PNG that marks a mask: red fill, solid outline. Made once for the same mask.

    Args:
        mask_path: a mask, 0 and 255.
        folder: where overlays are kept.

    Raises:
        ImageError: the mask cannot be read.
    """
    target = folder / f"{content_hash(mask_path.read_bytes())}.png"
    if not target.exists():
        mask = load_image(mask_path)[..., 0] > 127
        overlay = np.zeros((*mask.shape, 4), dtype=np.uint8)
        overlay[mask] = (*RED, int(255 * FILL))
        width = max(1, round(max(mask.shape) / 400))
        edge = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_DILATE, np.ones((2 * width + 1, 2 * width + 1)))
        overlay[(edge > 0) & ~mask] = (*RED, 255)
        write_atomic(target, encode_png(overlay))
    return target


def free_corner(mask_path: Path | None) -> str:
    """The corner of the picture that lies farthest from the mask: `top-right`, `bottom-left`, …"""
    if mask_path is None or not mask_path.exists():
        return "top-right"
    rows, columns = np.nonzero(load_image(mask_path)[..., 0] > 127)
    if rows.size == 0:
        return "top-right"
    height, width = load_image(mask_path).shape[:2]
    vertical = "bottom" if rows.mean() < height / 2 else "top"
    return f"{vertical}-{'left' if columns.mean() > width / 2 else 'right'}"


def figure(picture: Picture, link: Link, overlays: Path, *, key: str = "") -> str:
    """One picture with its mask overlay and caption; a click zooms."""
    source = link(picture.path)
    if source is None:
        return ""
    layers = f'<img class="rr-photo" src="{source}" alt="{escape(picture.caption or "picture")}" loading="lazy">'
    if picture.mask_path is not None and picture.mask_path.exists():
        over = link(mask_overlay(picture.mask_path, overlays))
        layers += f'<img class="rr-mask" src="{over}" alt="" aria-hidden="true">'
    words = f"<figcaption>{escape(picture.caption)}</figcaption>" if picture.caption not in ("", key) else ""
    badge = f'<kbd class="rr-key">{key}</kbd>' if key else ""
    crop = ""
    if picture.crop_path is not None and (close := link(picture.crop_path)):
        corner = free_corner(picture.mask_path)
        crop = f'<img class="rr-crop rr-{corner}" src="{close}" alt="close-up of {escape(picture.caption)}">'
    return (
        f'<figure class="rr-figure" tabindex="0" data-key="{key}">{badge}<div class="rr-layers">{layers}{crop}</div>'
        f"{words}</figure>"
    )


def tools_bar(has_mask: bool, *, two: bool) -> str:
    """Mask switch and opacity for the figures below it; for two of them, flicker."""
    if not has_mask:
        return ""
    flicker = (
        '<label class="rr-switch"><input type="checkbox" class="rr-flicker" aria-label="Flicker between the two">'
        "<span>Flicker</span></label>"
    )
    return (
        '<div class="rr-tools"><label class="rr-switch"><input type="checkbox" class="rr-mask-toggle" '
        'aria-label="Show the mask"><span>Mask</span></label>'
        '<label class="rr-slider">Opacity<input type="range" class="rr-mask-opacity" min="10" max="100" value="80" '
        f'aria-label="Mask opacity"></label>{flicker if two else ""}</div>'
    )


def lineup_html(lineup: LineupEvent, link: Link, overlays: Path) -> str:
    """Two candidates side by side, with their keys."""
    pair = (lineup.left, lineup.right)
    has_mask = any(each.mask_path for each in pair)
    figures = "".join(figure(each, link, overlays, key=str(number)) for number, each in enumerate(pair, start=1))
    why = f'<p class="rr-why">{escape(lineup.why)}</p>' if lineup.why else ""
    return (
        f'<section class="rr-stage rr-lineup" aria-label="Lineup"><header><h2>{escape(lineup.text)}</h2>'
        f'{tools_bar(has_mask, two=True)}</header><div class="rr-pair">{figures}</div>{why}'
        f"{frontier_html(lineup, link)}</section>"
    )


def frontier_html(lineup: LineupEvent, link: Link) -> str:
    """How the session went: the picture, folded open; empty before the first answer."""
    source = link(lineup.frontier.path) if lineup.frontier is not None else None
    if source is None or lineup.frontier is None:
        return ""
    caption = escape(lineup.frontier.caption)
    return (
        f'<details class="rr-frontier" open><summary>{caption}</summary>'
        f'<img src="{source}" alt="closeness over choices, and the family tree of the candidates" loading="lazy">'
        "</details>"
    )


def gallery_html(pictures: tuple[Picture, ...], link: Link, overlays: Path) -> str:
    """Pictures in a grid."""
    has_mask = any(each.mask_path for each in pictures)
    figures = "".join(figure(each, link, overlays) for each in pictures)
    bar = tools_bar(has_mask, two=len(pictures) == 2)
    many = " rr-many" if len(pictures) > 2 else ""
    return (
        f'<section class="rr-stage" aria-label="Pictures"><header><h2>Pictures</h2>{bar}</header>'
        f'<div class="rr-grid{many}">{figures}</div></section>'
    )


EMPTY = """<section class="rr-stage rr-empty" aria-label="Getting started">
<ol class="rr-steps">
<li><b>Show good parts.</b> Add a few photos of parts without defects, or use the rendered sample parts.</li>
<li><b>Describe a defect.</b> In your own words: its type, size and place, and how bad it is.</li>
<li><b>Choose.</b> Pick the candidate that looks right with <kbd>1</kbd> and <kbd>2</kbd>, until it is right.</li>
<li><b>Export, fit, inspect.</b> A data set with exact masks, a detector fitted on your good photos, a report on real
ones.</li>
</ol></section>"""
