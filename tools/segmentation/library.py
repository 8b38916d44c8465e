"""Exported models by name and version, `<root>/<name>/<version>/`: a line can pin the one it was released with."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from tools.segmentation.errors import SegmentationInputError
from tools.segmentation.export import FP32, INT8
from tools.segmentation.model import CARD, ModelCard, read_card

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class Listed:
    """One model of the library."""

    name: str
    version: str
    folder: Path

    @property
    def card(self) -> ModelCard:
        """What it is."""
        return read_card(self.folder)

    def file(self, precision: str) -> Path:
        """The ONNX file of a precision.

        Raises:
            SegmentationInputError: it was not exported.
        """
        path = self.folder / (INT8 if precision == "int8" else FP32)
        if not path.is_file():
            raise SegmentationInputError(f"{self.name} {self.version} has no {precision} export; export it again")
        return path


class ModelLibrary:
    """The models below a folder."""

    def __init__(self, root: Path) -> None:
        """Nothing is made until a model is added."""
        self.root = root

    def models(self) -> list[Listed]:
        """All, by name, the newest version first."""
        found = [Listed(path.parent.parent.name, path.parent.name, path.parent) for path in self._cards()]
        found.sort(key=lambda each: _order(each.version), reverse=True)
        return sorted(found, key=lambda each: each.name)

    def _cards(self) -> list[Path]:
        if not self.root.is_dir():
            return []
        return [path for path in self.root.glob(f"*/*/{CARD}") if not path.parent.name.startswith(".")]

    def get(self, name: str | None = None, version: str | None = None) -> Listed:
        """A model; without a version the newest, without a name the only one.

        Raises:
            SegmentationInputError: none fits, or several names do.
        """
        models = self.models()
        names = sorted({each.name for each in models})
        if not models:
            raise SegmentationInputError("there is no segmentation model yet; add one with redrabbit segment export")
        if name is None and len(names) > 1:
            raise SegmentationInputError(f"there are several models; name one of {', '.join(names)}")
        own = [each for each in models if each.name == (name or names[0])]
        if not own:
            raise SegmentationInputError(f"no model {name!r}; there are {', '.join(names)}")
        if version is None:
            return own[0]
        for each in own:
            if each.version == version:
                return each
        raise SegmentationInputError(
            f"{own[0].name} has no version {version!r}; there are {', '.join(each.version for each in own)}"
        )

    def add(self, exported: Path, name: str, version: str | None = None) -> Listed:
        """Copy an export in; without a version the next whole number. A version is never replaced.

        Raises:
            SegmentationInputError: no export, a bad name, or the version is there already.
        """
        read_card(exported)
        for text in (name, version):
            if text is not None and not NAME.fullmatch(text):
                raise SegmentationInputError(
                    f"{text!r} cannot be a name; use letters, digits, dots, - and _, at most 64"
                )
        if not (exported / FP32).is_file():
            raise SegmentationInputError(f"{exported} holds no {FP32}; make it with redrabbit segment export")
        known = [each.version for each in self.models() if each.name == name]
        if version is None:
            version = str(max([int(each) for each in known if each.isdigit()], default=0) + 1)
        target = self.root / name / version
        if target.exists():
            raise SegmentationInputError(f"{name} has a version {version} already; give another --version")
        part = target.with_name(f".{version}.part")
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(exported, part)
        part.replace(target)
        return Listed(name, version, target)


def _order(version: str) -> tuple[tuple[int, int, str], ...]:
    """Numbers inside a version compare as numbers: 1.10 is newer than 1.9."""
    parts = re.split(r"[._-]", version)
    return tuple((1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts)
