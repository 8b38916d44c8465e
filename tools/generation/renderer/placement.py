"""Where each defect goes: on the part, in its zone, along the texture, at the edge, apart from the others.

Random places are tried first; where none holds the defect, every place is tested by correlation, so that "it does not
fit" is only said when it is true for the outlines that were tried.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.blueprint.model import Blueprint, Distribution, Zone
from tools.generation.errors import BlueprintDoesNotFitError
from tools.generation.renderer.camera import grey_level
from tools.generation.renderer.kind import RenderType, Sizes, Sketch
from tools.generation.renderer.photo import PhotoAnalysis, texture_direction
from tools.generation.renderer.placed import Placed, inside, tight
from tools.generation.renderer.region import Region
from tools.generation.renderer.shape import Shape
from tools.generation.renderer.streams import stream, unit
from tools.vision.types import RgbImage

BoolMask = NDArray[np.bool_]
GAP_PX = 3
_TRIES = 40
_TURNS = 6
_SHRINKS = 5
_ENOUGH = 0.4
_LEAST_SHARE = 0.12


@dataclass
class Board:
    """The photo as placement sees it, instance after instance."""

    blueprint: Blueprint
    kind: RenderType
    photo: RgbImage
    analysis: PhotoAnalysis
    region: Region
    values: dict[str, float]
    seed: int

    def __post_init__(self) -> None:
        self.free = self.region.body.copy()
        rows, columns = np.nonzero(self._centres_that_suit())
        self.rows, self.columns = rows.astype(np.int64), columns.astype(np.int64)
        self.centre = self._pick(stream(self.seed, "cluster"), 1)[0]

    def _centres_that_suit(self) -> NDArray[np.bool_]:
        """Where nobody said a place: not in a bore and not on what is mounted, if enough of the surface is left."""
        allowed = self.region.centres
        where = self.blueprint.placement
        if where.zone is not None or where.polygon or where.box or self.kind.place == "edge":
            return allowed
        size = (allowed.shape[1], allowed.shape[0])
        typical = cv2.resize(self.analysis.typical.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
        typical &= allowed
        return typical if typical.sum() > _ENOUGH * allowed.sum() else allowed

    def place(self, sizes: Sizes, index: int) -> Placed:
        """Find a place for one instance and take it.

        Raises:
            BlueprintDoesNotFitError: there is none.
        """
        finder = self._at_edge if self.kind.place == "edge" else self._on_surface
        found = self._on_target(sizes, index) or finder(sizes, index)
        for _ in range(0 if sizes.asked else _SHRINKS):
            if found is not None:
                break
            # Nobody asked for this size: a smaller one will do.
            sizes = replace(sizes, length_px=0.75 * sizes.length_px, width_px=max(1.0, 0.75 * sizes.width_px))
            found = finder(sizes, index)
        if found is None:
            raise BlueprintDoesNotFitError(self._reason(sizes, index))
        if not self.values.get("overlap"):
            self._take(found)
        return tight(found)

    def _reason(self, sizes: Sizes, index: int) -> str:
        if index > 0:
            return f"only {index} of these defects fit on {self.region.words}; ask for fewer or smaller ones"
        x1, y1, x2, y2 = self.analysis.part.box
        mm = self.blueprint.mm_per_px
        unit_name, scale = ("mm", mm) if mm else ("px", 1.0)
        return (
            f"a {self.kind.name} of {sizes.length_px * scale:.3g} x {sizes.width_px * scale:.3g} {unit_name} "
            f"does not fit on {self.region.words} (the part is {(x2 - x1) * scale:.3g} x "
            f"{(y2 - y1) * scale:.3g} {unit_name}); ask for a smaller one or another place"
        )

    def _on_target(self, sizes: Sizes, index: int) -> Placed | None:
        """In the place of something that is on the photo, where the type wants that and no size was asked."""
        if self.kind.targets is None or sizes.asked:
            return None
        targets = self.kind.targets(self.photo)
        for turn in stream(self.seed, "target", index).permutation(len(targets)):
            x1, y1, x2, y2 = targets[int(turn)].box
            row, column = (y1 + y2) // 2, (x1 + x2) // 2
            height, width = self.free.shape
            if not (0 <= row < height and 0 <= column < width and self.region.centres[row, column]):
                continue
            own = replace(sizes, length_px=float(x2 - x1), width_px=float(y2 - y1))
            sketch = replace(self._sketch(own, index, 0, (row, column)), angle_deg=0.0)
            found = self._try(self.kind.outline(sketch), row, column, False, 0.0)
            if found is not None:
                return found
        return None

    # --- on the surface -------------------------------------------------------------------------------------------

    def _on_surface(self, sizes: Sizes, index: int) -> Placed | None:
        rng = stream(self.seed, "place", index)
        spread = self.kind.place == "spread" and not sizes.asked
        for turn in range(_TURNS):
            centres = self._centres(rng, index)
            sketch = self._sketch(sizes, index, turn, centres[0])
            shape = self.kind.outline(sketch)
            starts = self._edge_starts(rng, shape, index) if turn == 0 else []
            for row, column in [*starts, *centres]:
                placed = self._try(shape, row, column, spread, sketch.angle_deg)
                if placed is not None:
                    return placed
            if turn >= 1 or self.blueprint.geometry.orientation_deg is not None:
                placed = self._search(rng, shape, sketch.angle_deg)
                if placed is not None:
                    return placed
        return None

    def _sketch(self, sizes: Sizes, index: int, turn: int, centre: tuple[int, int]) -> Sketch:
        geometry = self.blueprint.geometry
        bend = geometry.curvature
        return Sketch(
            sizes=sizes,
            angle_deg=self._angle(index, turn, centre),
            parameters=self.values,
            seed=int(stream(self.seed, "outline", index).integers(2**62)),
            curvature=None if bend is None else bend.min + unit(self.seed, "bend", index) * (bend.max - bend.min),
            photo=self.analysis,
        )

    def _angle(self, index: int, turn: int, centre: tuple[int, int]) -> float:
        geometry = self.blueprint.geometry
        u = 2.0 * unit(self.seed, "angle", index, turn) - 1.0
        if geometry.orientation_deg is not None:
            return float((geometry.orientation_deg + u * (geometry.orientation_spread_deg or 0.0)) % 180.0)
        if unit(self.seed, "follow", index) < self.kind.follow and turn < _TURNS - 2:
            direction, coherence = self._texture(centre)
            if coherence > 0.15:
                return (direction + u * abs(u) * 20.0) % 180.0
        return 90.0 + 90.0 * u if turn < _TURNS - 2 else (turn - _TURNS + 2) * 90.0

    def _texture(self, centre: tuple[int, int]) -> tuple[float, float]:
        """Texture direction around a point."""
        row, column = centre
        window = self.photo[max(0, row - 40) : row + 40, max(0, column - 40) : column + 40]
        if min(window.shape[:2]) < 12:
            return self.analysis.texture_deg, self.analysis.texture_coherence
        return texture_direction(grey_level(window))

    def _pick(self, rng: np.random.Generator, count: int) -> list[tuple[int, int]]:
        chosen = (rng.random(count) * len(self.rows)).astype(np.int64)
        return [(int(self.rows[i]), int(self.columns[i])) for i in chosen]

    def _centres(self, rng: np.random.Generator, index: int) -> list[tuple[int, int]]:
        """Centres to try, in order."""
        kind = self.blueprint.placement.distribution
        if kind is None or kind is Distribution.SCATTERED:
            return self._pick(rng, _TRIES)
        short = self.analysis.part.short_side
        if kind is Distribution.CLUSTERED:
            offsets = rng.standard_normal((_TRIES, 2)) * short * 0.07 * np.linspace(1.0, 3.0, _TRIES)[:, None]
        else:
            angle = np.deg2rad(180.0 * unit(self.seed, "line"))
            step = short * 0.09 * ((index + 1) // 2) * (1 if index % 2 else -1)
            run = step + rng.standard_normal(_TRIES) * short * 0.01 * np.linspace(1.0, 8.0, _TRIES)
            offsets = np.stack([-np.sin(angle) * run, np.cos(angle) * run], axis=1)
        found = [(self.centre[0] + round(float(dy)), self.centre[1] + round(float(dx))) for dy, dx in offsets]
        height, width = self.free.shape
        inside = [(y, x) for y, x in found if 0 <= y < height and 0 <= x < width and self.region.centres[y, x]]
        return inside or self._pick(rng, _TRIES)

    def _edge_starts(self, rng: np.random.Generator, shape: Shape, index: int) -> list[tuple[int, int]]:
        """Anchors that put the first end of a stroke on the part's outline."""
        share = self.values.get("from_edge", 0.0)
        if shape.along is None or self.blueprint.placement.zone not in (None, Zone.EDGE):
            return []
        if unit(self.seed, "from_edge", index) >= share:
            return []
        ends = np.where(shape.mask, shape.along, np.inf)
        row, column = np.unravel_index(int(np.argmin(ends)), ends.shape)
        dy, dx = shape.anchor[0] - int(row), shape.anchor[1] - int(column)
        rim = self.region.centres & (self.analysis.part.depth <= 2.0)
        rows, columns = np.nonzero(rim)
        if not len(rows):
            return []
        chosen = (rng.random(80) * len(rows)).astype(np.int64)
        return [(int(rows[i]) + dy, int(columns[i]) + dx) for i in chosen]

    def _try(self, shape: Shape, row: int, column: int, spread: bool, angle: float) -> Placed | None:
        top, left = row - shape.anchor[0], column - shape.anchor[1]
        cropped = inside(shape, top, left, self.free.shape)
        if cropped is None:
            return None
        part, box = cropped
        free = self.free[box[1] : box[3], box[0] : box[2]]
        whole = int(shape.mask.sum())
        covered = int((part.mask & free).sum())
        if covered == whole:
            return Placed(part, box, angle)
        if spread and covered >= _LEAST_SHARE * whole:
            return Placed(part.clipped(free), box, angle)
        return None

    def _search(self, rng: np.random.Generator, shape: Shape, angle: float) -> Placed | None:
        """Test every place of a shape at once: forbidden pixels under the mask, by correlation."""
        rows, columns = np.flatnonzero(shape.mask.any(axis=1)), np.flatnonzero(shape.mask.any(axis=0))
        tight = shape.mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        if tight.shape[0] > self.free.shape[0] or tight.shape[1] > self.free.shape[1]:
            return None
        forbidden = (~self.free).astype(np.float32)
        hits = cv2.matchTemplate(forbidden, tight.astype(np.float32), cv2.TM_CCORR)
        dy, dx = shape.anchor[0] - int(rows[0]), shape.anchor[1] - int(columns[0])
        open_rows, open_columns = np.nonzero(hits < 0.5)
        height, width = self.free.shape
        centre_rows, centre_columns = open_rows + dy, open_columns + dx
        valid = (centre_rows >= 0) & (centre_rows < height) & (centre_columns >= 0) & (centre_columns < width)
        centre_rows, centre_columns = centre_rows[valid], centre_columns[valid]
        good = self.region.centres[centre_rows, centre_columns]
        centre_rows, centre_columns = centre_rows[good], centre_columns[good]
        for u in rng.random(20) if len(centre_rows) else ():
            i = int(u * len(centre_rows))
            placed = self._try(shape, int(centre_rows[i]), int(centre_columns[i]), False, angle)
            if placed is not None:
                return placed
        return None

    # --- at the edge ----------------------------------------------------------------------------------------------

    def _at_edge(self, sizes: Sizes, index: int) -> Placed | None:
        rng = stream(self.seed, "place", index)
        solid = cv2.GaussianBlur(np.pad(self.analysis.part.mask, 8).astype(np.float64), (0, 0), 3.0)
        ny, nx = (np.asarray(g)[8:-8, 8:-8] for g in np.gradient(solid))
        rows, columns = np.nonzero(self.region.centres & self.free & (self.analysis.part.depth <= 1.5))
        if not len(rows):
            return None
        for turn, u in enumerate(rng.random(_TRIES)):
            i = int(u * len(rows))
            row, column = int(rows[i]), int(columns[i])
            angle = float(np.rad2deg(np.arctan2(nx[row, column], ny[row, column])))
            placed = self._bite(sizes, self._sketch(sizes, index, turn, (row, column)), (row, column), angle)
            if placed is not None:
                return placed
        return None

    def _bite(self, sizes: Sizes, sketch: Sketch, point: tuple[int, int], angle: float) -> Placed | None:
        """A shape cut by the part's outline, resized until what is left measures what was asked."""
        asked = sketch.sizes.asked
        best, best_error = None, 1.0
        for damping in (1.0, 1.0, 0.7, 0.7, 0.4, 0.4, 0.25):
            shape = self.kind.outline(replace(sketch, sizes=sizes, angle_deg=angle))
            cropped = inside(shape, point[0] - shape.anchor[0], point[1] - shape.anchor[1], self.free.shape)
            if cropped is None:
                return None
            part, box = cropped
            free = self.free[box[1] : box[3], box[0] : box[2]]
            on_part = self.analysis.part.mask[box[1] : box[3], box[0] : box[2]]
            left = part.clipped(free)
            if left.mask.sum() < 4 or (part.mask & on_part & ~free).any():
                return None
            # 1 is the edge of what is allowed: a pixel or 4 %.
            error = max((abs(left.measured[name] - v) / max(1.05, 0.04 * v) for name, v in asked.items()), default=0.0)
            if error <= best_error:
                best, best_error = Placed(left, box, angle % 180.0), error
            if error < 0.3:
                break
            ratios = {name: (value / max(left.measured[name], 0.5)) ** damping for name, value in asked.items()}
            both = ratios.get("diameter_px", 1.0)
            sizes = replace(
                sizes,
                length_px=sizes.length_px * both * ratios.get("length_px", 1.0),
                width_px=sizes.width_px * both * ratios.get("width_px", 1.0),
            )
        return best

    def _take(self, placed: Placed) -> None:
        """Mark a shape and a gap around it as used."""
        x1, y1, x2, y2 = placed.box
        height, width = self.free.shape
        top, left = max(0, y1 - GAP_PX), max(0, x1 - GAP_PX)
        bottom, right = min(height, y2 + GAP_PX), min(width, x2 + GAP_PX)
        used = np.zeros((bottom - top, right - left), dtype=np.uint8)
        used[y1 - top : y2 - top, x1 - left : x2 - left] = placed.shape.mask
        grown = cv2.dilate(used, np.ones((2 * GAP_PX + 1, 2 * GAP_PX + 1), np.uint8)) > 0
        self.free[top:bottom, left:right] &= ~grown
