"""Tuned programs on disk: the instructions as JSON, with what they were tuned on and what that changed.

The data folder's `programs/NAME.json` is used where it exists, else the file that the product brings, else the prompt.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent.programs.errors import ProgramError
from tools.vision.images import write_atomic

Name = Literal["parsing", "report"]
NAMES: tuple[Name, ...] = ("parsing", "report")
PROMPTS = Path(__file__).parent.parent / "prompts"
MAX_CHARACTERS = 20_000
_log = logging.getLogger(__name__)


class SavedProgram(BaseModel):
    """One tuned program. Scores are shares in [0, 1] on the validation examples, before and after."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    program: Name
    schema_version: Literal[1] = 1
    instructions: str = Field(min_length=1, max_length=MAX_CHARACTERS)
    model: str = ""
    """The model it was tuned for."""
    score_before: float | None = None
    score_after: float | None = None
    examples: int = 0
    calls: int = 0
    """How often an example was judged."""
    seed: int = 0
    created_utc: str = ""


def default_instructions(name: Name) -> str:
    """The product's own prompt of a program."""
    return (PROMPTS / f"{name}.md").read_text(encoding="utf-8").strip()


def folder_of(data_dir: Path) -> Path:
    """Where a data folder keeps tuned programs."""
    return data_dir / "programs"


def save_program(program: SavedProgram, path: Path) -> Path:
    """Write a program as JSON; a file that is there is replaced in one go."""
    write_atomic(path, f"{program.model_dump_json(indent=1)}\n".encode())
    return path


def load_program(path: Path, name: Name) -> SavedProgram:
    """Read a program.

    Raises:
        ProgramError: the file cannot be read, is no program, or is another one.
    """
    try:
        program = SavedProgram.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        first = str(error).splitlines()[0]
        raise ProgramError(f"{path} is no tuned program: {first}; tune it again or remove the file") from None
    if program.program != name:
        raise ProgramError(f"{path} holds the program {program.program}, not {name}; remove or rename the file")
    return program


def instructions(name: Name, data_dir: Path | None = None) -> str:
    """The instructions in use; a file that cannot be used is logged and passed over.

    Args:
        name: the program.
        data_dir: the data folder; the settings' where not given.
    """
    if data_dir is None:
        from agent.settings import get_settings

        data_dir = get_settings().data_dir
    for path in (folder_of(data_dir) / f"{name}.json", PROMPTS / f"{name}.json"):
        if not path.is_file():
            continue
        try:
            return load_program(path, name).instructions
        except ProgramError as error:
            _log.warning("%s; the next one is used", error)
    return default_instructions(name)
