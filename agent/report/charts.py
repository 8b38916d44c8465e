"""The shift summary's charts as PNG bytes, drawn without a display."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from agent.report.phrases import Phrases, get_phrases
from agent.report.render.fonts import korean_fonts
from agent.report.shift import ShiftSummary

_FEWEST_BARS, _FEWEST_CUMULATED = 5, 2
_INK, _SOFT, _BAR, _RED, _GREY = "#1d2329", "#5b6570", "#3f6d8e", "#b3261e", "#d9dee3"


def pareto_chart(summary: ShiftSummary, words: Phrases) -> bytes:
    """Bars by type, falling, with the cumulative share."""
    words = _drawable(words)
    figure, axes = _figure(8.6, 2.9)
    names = [words.type_name(row.type) for row in summary.pareto]
    bars = axes.bar(names, [row.count for row in summary.pareto], color=_BAR, width=0.62)
    axes.bar_label(bars, padding=2, fontsize=9, color=_INK)
    axes.set_ylabel(words.labels["count"])
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.margins(y=0.18)
    axes.set_xlim(-0.6, max(len(names), _FEWEST_BARS) - 0.4)  # A lone bar does not fill the page.
    if len(names) < _FEWEST_CUMULATED:
        return _png(figure)
    share = axes.twinx()
    share.plot(
        names, [100 * row.cumulative for row in summary.pareto], color=_RED, marker="o", markersize=4, linewidth=1.4
    )
    share.set_ylim(0, 109)
    share.set_ylabel(f"{words.labels['cumulative']}, %", color=_RED)
    share.tick_params(colors=_RED, length=0)
    share.spines[:].set_visible(False)
    return _png(figure)


def p_chart(summary: ShiftSummary, words: Phrases) -> bytes:
    """NG rate of consecutive groups, its centre and limits; signals in red."""
    words = _drawable(words)
    figure, axes = _figure(8.6, 2.7)
    x = list(range(1, len(summary.p_chart) + 1))
    axes.step(x, [100 * p.high for p in summary.p_chart], where="mid", color=_SOFT, linewidth=1, linestyle="--")
    axes.step(x, [100 * p.low for p in summary.p_chart], where="mid", color=_SOFT, linewidth=1, linestyle="--")
    axes.axhline(100 * summary.baseline, color=_SOFT, linewidth=1)
    axes.plot(x, [100 * p.rate for p in summary.p_chart], color=_BAR, linewidth=1.4, zorder=2)
    colours = [_RED if p.signal else _BAR for p in summary.p_chart]
    axes.scatter(x, [100 * p.rate for p in summary.p_chart], color=colours, s=26, zorder=3)
    axes.set_xticks(
        x, [f"{p.first}–{p.first + p.size - 1}" for p in summary.p_chart], rotation=_turn(len(x)), fontsize=8
    )
    axes.set_ylabel("NG, %")
    axes.set_xlabel(words.labels["parts"])
    axes.set_ylim(bottom=min(0, axes.get_ylim()[0]))
    return _png(figure)


def ewma_chart(summary: ShiftSummary, words: Phrases) -> bytes:
    """The EWMA of the NG rate with its limits; signals in red."""
    words = _drawable(words)
    figure, axes = _figure(8.6, 2.5)
    x = list(range(1, len(summary.ewma) + 1))
    axes.fill_between(
        x, [100 * p.low for p in summary.ewma], [100 * p.high for p in summary.ewma], color="#eef2f5", step="mid"
    )
    axes.axhline(100 * summary.baseline, color=_SOFT, linewidth=1)
    axes.plot(x, [100 * p.value for p in summary.ewma], color=_BAR, linewidth=1.5)
    beyond = [(i, 100 * p.value) for i, p in zip(x, summary.ewma, strict=True) if p.signal]
    axes.scatter([i for i, _ in beyond], [v for _, v in beyond], color=_RED, s=14, zorder=3)
    axes.set_ylabel("EWMA, %")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_xlabel(words.labels["parts"])
    axes.margins(x=0.01)
    return _png(figure)


def score_chart(summary: ShiftSummary, words: Phrases) -> bytes:
    """Every part's score in order, and the threshold."""
    words = _drawable(words)
    figure, axes = _figure(8.6, 2.5)
    points = [(i, s) for i, s in enumerate(summary.scores, start=1) if s is not None]
    limit = summary.score_threshold
    colours = [_RED if limit is not None and s >= limit else _BAR for _, s in points]
    axes.scatter([i for i, _ in points], [s for _, s in points], s=11, color=colours)
    if limit is not None:
        axes.axhline(limit, color=_INK, linewidth=1)
        axes.annotate(words.labels["threshold"], (1, limit), xytext=(0, 3), textcoords="offset points", fontsize=8)
    axes.set_ylabel(words.labels["score"])
    axes.set_xlabel(words.labels["parts"])
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.margins(x=0.01)
    return _png(figure)


def _figure(width: float, height: float) -> tuple[Any, Any]:
    """A figure of its own, outside pyplot's registry: safe in threads, and nothing to close."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(_GREY)
    axes.tick_params(colors=_SOFT, length=0)
    axes.xaxis.label.set_color(_SOFT)
    axes.yaxis.label.set_color(_SOFT)
    axes.grid(axis="y", color=_GREY, linewidth=0.6)
    axes.set_axisbelow(True)
    return figure, axes


def _png(figure: Any) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=150)
    return buffer.getvalue()


def _drawable(words: Phrases) -> Phrases:
    """Korean labels only where there is a font for them; English ones otherwise."""
    if words.language != "ko":
        return words
    fonts = korean_fonts()
    if fonts is None:
        return get_phrases("en")
    import matplotlib as mpl
    from matplotlib import font_manager

    font_manager.fontManager.addfont(str(fonts[0]))
    name = font_manager.FontProperties(fname=str(fonts[0])).get_name()
    mpl.rcParams["font.family"] = [name, "DejaVu Sans"]
    return words


def _turn(count: int) -> int:
    return 0 if count <= 10 else 45


def charts(summary: ShiftSummary, words: Phrases) -> Sequence[tuple[str, bytes]]:
    """Heading and PNG of each chart that the batch has data for."""
    found = []
    if summary.pareto:
        found.append((words.labels["pareto"], pareto_chart(summary, words)))
    if len(summary.p_chart) >= 2:
        found.append((words.labels["p_chart"], p_chart(summary, words)))
    if len(summary.ewma) >= 10:
        found.append((words.labels["ewma"], ewma_chart(summary, words)))
    if any(score is not None for score in summary.scores):
        found.append((words.labels["scores"], score_chart(summary, words)))
    return found
