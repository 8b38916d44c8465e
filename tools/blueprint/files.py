"""Blueprints as JSON files."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from tools.blueprint.errors import BlueprintError
from tools.blueprint.model import Blueprint

MAX_BYTES = 5_000_000


def load_blueprint(path: Path) -> Blueprint:
    """Read a Blueprint that `redrabbit blueprint parse --json` or the store wrote.

    Raises:
        BlueprintError: the file cannot be read, is no JSON or is no Blueprint; the message names the field.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BlueprintError(f"{path} is too large to be a Blueprint ({path.stat().st_size} bytes)")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not UTF-8 text"
        raise BlueprintError(f"cannot read the Blueprint {path}: {reason}") from error
    try:
        return Blueprint.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise BlueprintError(f"{path} is no Blueprint: {where}: {first['msg']}") from error


def dump_blueprint(blueprint: Blueprint) -> str:
    """A Blueprint as indented JSON text."""
    return f"{blueprint.model_dump_json(indent=2)}\n"
