import json
import logging

import pytest

from agent.programs.errors import ProgramError
from agent.programs.saved import (
    SavedProgram,
    default_instructions,
    folder_of,
    instructions,
    load_program,
    save_program,
)


def test_without_a_file_the_prompt_is_used(tmp_path):
    assert instructions("parsing", tmp_path) == default_instructions("parsing")
    assert "FACTS" in instructions("report", tmp_path)


def test_a_saved_program_is_used(tmp_path):
    path = folder_of(tmp_path) / "parsing.json"
    saved = save_program(SavedProgram(program="parsing", instructions="Read slowly.", score_after=0.9), path)
    assert instructions("parsing", tmp_path) == "Read slowly."
    assert load_program(saved, "parsing").score_after == 0.9
    assert json.loads(path.read_text())["schema_version"] == 1


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"program": "parsing"}', '{"program": "parsing", "instructions": "x", "code": "import os"}'],
)
def test_a_broken_file_is_passed_over_and_said(tmp_path, text, caplog):
    path = folder_of(tmp_path) / "parsing.json"
    path.parent.mkdir()
    path.write_text(text)
    with caplog.at_level(logging.WARNING):
        assert instructions("parsing", tmp_path) == default_instructions("parsing")
    assert "parsing.json is no tuned program" in caplog.text
    with pytest.raises(ProgramError, match="tune it again or remove the file"):
        load_program(path, "parsing")


def test_another_programs_file_is_not_taken(tmp_path):
    path = folder_of(tmp_path) / "parsing.json"
    save_program(SavedProgram(program="report", instructions="Write."), path)
    with pytest.raises(ProgramError, match="holds the program report, not parsing"):
        load_program(path, "parsing")
