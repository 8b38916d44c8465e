"""What a user attaches: files and folders, checked before anything is done with them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tools.errors import RedRabbitError
from tools.vision.images import content_hash, find_images, load_image

CHECKED_FULLY = 400
"""Of larger sets only so many are decoded here; what cannot be read is listed when it is used."""
MAX_COMPLAINTS = 3


def take_attachments(files: Sequence[Path], keep_in: Path) -> tuple[list[Path], list[str]]:
    """Images that can be used, and one sentence for each that cannot.

    Args:
        files: files and folders.
        keep_in: uploads that lie in the system's temporary folder are copied to here, by content.

    Returns:
        Paths in the order given, each once; sentences, at most `MAX_COMPLAINTS` and a summary.
    """
    good: list[Path] = []
    complaints: list[str] = []
    for entry in files:
        try:
            found = find_images(Path(entry).expanduser())
        except RedRabbitError as error:
            complaints.append(str(error))
            continue
        for path in found:
            try:
                if len(good) < CHECKED_FULLY:
                    load_image(path)
                good.append(_kept(path.resolve(), keep_in))
            except RedRabbitError as error:
                complaints.append(str(error))
    if len(complaints) > MAX_COMPLAINTS:
        rest = len(complaints) - MAX_COMPLAINTS
        complaints = [*complaints[:MAX_COMPLAINTS], f"{rest} more files could not be used either"]
    return list(dict.fromkeys(good)), complaints


def _kept(path: Path, keep_in: Path) -> Path:
    """The path itself, or a copy where it would not last: in a folder of its contents, under the name that it had."""
    temporary, keep = Path(tempfile.gettempdir()).resolve(), keep_in.resolve()
    if not path.is_relative_to(temporary) or path.is_relative_to(keep.parent):
        return path
    digest = content_hash(path.read_bytes())
    target = keep / digest[:2] / digest[:16] / path.name
    if not target.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.part")
        shutil.copyfile(path, part)
        part.replace(target)
    return target
