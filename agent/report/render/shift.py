"""The shift summary as one HTML page, with links to the parts' reports."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import numpy as np

from agent.report.charts import charts
from agent.report.phrases import Phrases, get_phrases
from agent.report.render.html import render
from agent.report.render.view import COLOURS, when
from agent.report.shift import Example, ShiftSummary
from tools.vision.errors import ImageError
from tools.vision.images import encode_png, load_image
from tools.vision.types import RgbImage

GALLERY_SIDE_PX = 360


def shift_to_html(summary: ShiftSummary, *, title: str, language: str = "en", folder: Path | None = None) -> str:
    """The page.

    Args:
        summary: the numbers.
        title: heading: a line, a part, a date.
        language: `en`, `de` or `ko`.
        folder: where the page will lie, so that links to reports are relative to it.
    """
    words = get_phrases(language)
    return render(
        "shift.html",
        summary=summary,
        title=title,
        words=words,
        labels=words.labels,
        language=language,
        cards=_cards(summary, words),
        sentences=sentences(summary, words),
        charts=[(name, _url(data)) for name, data in charts(summary, words)],
        examples=[_shown(example, words, folder) for example in summary.examples],
        period=f"{when(summary.first_utc)} – {when(summary.last_utc)}" if summary.first_utc else "–",
        colours=COLOURS,
    )


def sentences(summary: ShiftSummary, words: Phrases) -> list[str]:
    """What the charts say, computed."""
    say, number = words.say, words.number
    found = []
    if summary.ng_rate is not None and summary.ng_low is not None and summary.ng_high is not None:
        low, high = (f"{100 * value:.1f}" for value in (summary.ng_low, summary.ng_high))
        values = {"rate": f"{100 * summary.ng_rate:.1f}", "low": low, "high": high}
        found.append(say("shift_rate", **values))
    kind = "shift_baseline_given" if summary.baseline_given else "shift_baseline_own"
    found.append(say(kind, rate=f"{100 * summary.baseline:.1f}"))
    signals = [f"{p.first}–{p.first + p.size - 1}" for p in summary.p_chart if p.signal]
    found.append(say("shift_p_signal", groups=", ".join(signals)) if signals else say("shift_p_quiet"))
    first = next((index for index, p in enumerate(summary.ewma, start=1) if p.signal), None)
    found.append(say("shift_ewma_quiet") if first is None else say("shift_ewma_signal", part=first))
    drift = summary.drift
    if drift is not None:
        name = "shift_drift" if drift.signal else "shift_no_drift"
        medians = {"first": number(drift.first_median), "second": number(drift.second_median)}
        found.append(say(name, **medians, p=f"{drift.p_value:.2g}", parts=drift.parts))
    return found


def _cards(summary: ShiftSummary, words: Phrases) -> list[tuple[str, str, str]]:
    cards = [(words.labels["parts"], str(summary.parts), "")]
    for name in ("ng", "review", "ok", "cannot_judge"):
        count = summary.verdicts.get(name, 0)
        if count or name in ("ng", "ok"):
            cards.append((words.verdicts[name], str(count), COLOURS[name]))
    return cards


def _shown(example: Example, words: Phrases, folder: Path | None) -> dict[str, str]:
    picture = ""
    for path in (example.overlay, example.image):
        if path and Path(path).is_file():
            try:
                picture = _url(encode_png(_small(path)))
                break
            except ImageError:
                continue
    why = words.labels.get(f"example_{example.why}") or words.type_name(example.why)
    score = "–" if example.score is None else words.number(example.score)
    link = ""
    if example.report and folder is not None:
        link = Path(os.path.relpath(Path(example.report).with_suffix(".html"), folder)).as_posix()
    verdict = words.verdicts.get(example.verdict, example.verdict)
    return {
        "picture": picture,
        "why": why,
        "name": Path(example.image).name,
        "score": score,
        "link": link,
        "verdict": verdict,
    }


def _small(path: str) -> RgbImage:
    import cv2

    image = load_image(Path(path))
    scale = GALLERY_SIDE_PX / max(image.shape[:2])
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    kind = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.ascontiguousarray(cv2.resize(image, size, interpolation=kind), dtype=np.uint8)


def _url(data: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"
