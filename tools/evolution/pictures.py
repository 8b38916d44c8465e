"""The frontier as a picture: how the score rose, and who was made from whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tools.evolution.engine import Evolution
from tools.vision.types import RgbImage

INK, FAINT, RED, PAPER = "#2a2a30", "#b9bac2", "#b3152e", "#ffffff"
DPI = 110
COLUMN_IN, ROW_IN = 1.0, 0.92


@dataclass(frozen=True)
class Node:
    """A candidate in the family tree. `score` in 0..1; `kept` is on the frontier; `best` is the one that holds."""

    label: str
    parent: int | None
    score: float
    kept: bool = False
    best: bool = False
    thumbnail: RgbImage | None = None


def evolution_picture(found: Evolution, thumbnails: Sequence[RgbImage] = ()) -> RgbImage:
    """Best score over evaluations, and the family tree of the members that were kept, frontier in red.

    Args:
        found: a finished or running evolution.
        thumbnails: one picture a member, or none at all.
    """
    nodes = [
        Node(
            f"{index + 1} · {member.score:.2f}",
            member.parents[0] if member.parents else None,
            member.score,
            index in found.frontier,
            index == found.best,
            thumbnails[index] if thumbnails else None,
        )
        for index, member in enumerate(found.members)
    ]
    return frontier_picture(list(found.history), nodes, "evaluations", "best score")


def frontier_picture(history: Sequence[tuple[float, float]], nodes: Sequence[Node], across: str, up: str) -> RgbImage:
    """Draw both panels.

    Args:
        history: (questions or evaluations, score in 0..1).
        nodes: candidates in the order in which they were made; a parent stands before its children.
        across, up: names of the history's axes.
    """
    from matplotlib.figure import Figure

    places = layout(nodes)
    columns = 1 + max((x for x, _ in places), default=0)
    rows = 1 + max((y for _, y in places), default=0)
    tree_width, height = max(3.0, COLUMN_IN * columns + 0.3), max(2.6, ROW_IN * rows + 0.6)
    chart_width = 3.4
    figure = Figure(figsize=(chart_width + tree_width, height), dpi=DPI, facecolor=PAPER)
    share = chart_width / (chart_width + tree_width)
    chart_height = min(height, 3.2)
    bottom = 1 - (chart_height - 0.55) / height
    chart = figure.add_axes((0.16 * share, bottom, 0.78 * share, (chart_height - 0.8) / height))
    _chart(chart, history, across, up)
    tree = figure.add_axes((share, 0.0, 1 - share, 1.0))
    _tree(tree, nodes, places, columns, rows)
    return _rendered(figure)


def layout(nodes: Sequence[Node]) -> list[tuple[int, int]]:
    """(column, row) of each node: a column a generation; the first child goes on in its parent's row, others below."""
    places: list[tuple[int, int]] = []
    taken: set[tuple[int, int]] = set()
    for node in nodes:
        column, row = (0, 0) if node.parent is None else (places[node.parent][0] + 1, places[node.parent][1])
        while (column, row) in taken:
            row += 1
        taken.add((column, row))
        places.append((column, row))
    return places


def _chart(axes: Any, history: Sequence[tuple[float, float]], across: str, up: str) -> None:
    if history:
        xs, ys = zip(*history, strict=True)
        axes.step(xs, ys, where="post", color=RED, linewidth=1.8)
        axes.plot(xs[-1], ys[-1], "o", color=RED, markersize=5, clip_on=False, zorder=4)
        near = {"xytext": (-4, 6), "textcoords": "offset points", "ha": "right"}
        axes.annotate(f"{ys[-1]:.2f}", (xs[-1], ys[-1]), color=RED, fontsize=9, **near)
        axes.set_xlim(min(0, xs[0]), max(xs[-1], xs[0] + 1))
    axes.set_ylim(0, 1.02)
    axes.set_xlabel(across, fontsize=9, color=INK)
    axes.set_ylabel(up, fontsize=9, color=INK)
    axes.xaxis.get_major_locator().set_params(integer=True, nbins=6)
    axes.tick_params(labelsize=8, colors=INK)
    axes.grid(alpha=0.25)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _tree(axes: Any, nodes: Sequence[Node], places: list[tuple[int, int]], columns: int, rows: int) -> None:
    axes.set_xlim(-0.6, max(columns, 2) - 0.4)
    axes.set_ylim(rows - 0.35, -0.65)
    axes.axis("off")
    for node, (x, y) in zip(nodes, places, strict=True):
        if node.parent is None:
            continue
        px, py = places[node.parent]
        bend = (px + x) / 2
        axes.plot([px, bend, bend, x], [py, py, y, y], color=FAINT, linewidth=1.2, zorder=1, solid_joinstyle="round")
    for node, place in zip(nodes, places, strict=True):
        _node(axes, node, place)


def _node(axes: Any, node: Node, place: tuple[int, int]) -> None:
    from matplotlib.offsetbox import AnnotationBbox, OffsetImage

    x, y = place
    colour = RED if node.kept or node.best else FAINT
    if node.thumbnail is not None:
        image = OffsetImage(node.thumbnail, zoom=52 / node.thumbnail.shape[0], interpolation="antialiased")
        frame = {"edgecolor": colour, "linewidth": 2.6 if node.best else 1.0, "boxstyle": "square,pad=0.06"}
        axes.add_artist(AnnotationBbox(image, (x, y), frameon=True, bboxprops=frame, zorder=2))
    else:
        size = 260 if node.best else 150
        axes.scatter([x], [y], s=size, color=PAPER, edgecolor=colour, linewidth=2.6 if node.best else 1.2, zorder=2)
        axes.scatter([x], [y], s=0.55 * size * node.score, color=colour, zorder=3)
    weight = "bold" if node.best else "normal"
    below = {"xytext": (0, -31 if node.thumbnail is not None else -14), "textcoords": "offset points", "ha": "center"}
    ink = RED if node.best else INK
    axes.annotate(node.label, (x, y), va="top", fontsize=8, color=ink, weight=weight, **below)


def _rendered(figure: Any) -> RgbImage:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.ascontiguousarray(np.asarray(canvas.buffer_rgba())[..., :3])
