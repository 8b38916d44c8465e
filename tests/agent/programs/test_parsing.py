import json

import pytest
from langchain_core.messages import AIMessage

from agent.programs.parsing import Extraction, merge, read_with
from agent.programs.saved import SavedProgram, folder_of, save_program
from agent.settings import Settings
from agent.state import Memory
from agent.toolbelt.base import Context
from agent.toolbelt.defect import describe_defect
from tests.agent.programs.test_lm import Model
from tools.blueprint.model import Origin
from tools.blueprint.parser import parse

TEXT = "a mark like a lightning bolt, 4 mm, on the brass tap"


def says(**fields):
    return AIMessage(json.dumps(fields))


def test_the_models_reading_fills_what_the_parser_left_unknown(tmp_path):
    before = parse(TEXT).blueprint
    assert before.defect_type is None
    found = read_with(
        Model(says(defect_type="crack", material="brass", length_mm={"min": 4, "max": 4}, severity=None)),
        TEXT,
        data_dir=tmp_path,
    )
    assert found.blueprint.defect_type == "crack"
    assert found.blueprint.geometry.length_mm.max == 4
    assert found.blueprint.origin["defect_type"] == Origin.INFERRED
    assert found.blueprint.origin["material"] == before.origin["material"] == Origin.SAID
    assert found.blueprint.text == TEXT
    assert found.blueprint.version == 1
    assert not any(question.field == "defect_type" for question in found.questions)


def test_a_size_that_does_not_stand_in_the_text_is_left_out():
    parsed = parse("a scratch 5 mm long")
    made_up = Extraction.model_validate({"width_mm": {"min": 0.3, "max": 0.3}, "length_mm": {"min": 5, "max": 5}})
    found = merge(parsed, made_up).blueprint
    assert found.geometry.width_mm is None
    assert found.geometry.length_mm.min == 5


def test_a_size_in_an_odd_unit_is_still_asked():
    parsed = parse("a scratch 5 furlongs long")
    converted = Extraction.model_validate({"length_mm": {"min": 1005840, "max": 1005840}})
    found = merge(parsed, converted)
    assert found.blueprint.geometry.length_mm is None
    assert [question.field for question in found.questions] == ["geometry.length_mm"]


@pytest.mark.parametrize(
    "reply",
    [
        AIMessage(""),
        AIMessage("A scratch, I think."),
        says(defect_type="wormhole"),
        says(count={"min": 3, "max": 1}),
        says(zone="behind"),
        ConnectionError("no route"),
    ],
)
def test_a_reply_that_cannot_be_used_leaves_the_parsers_reading(tmp_path, reply):
    text = "three scratches, 5 mm long, top left"
    assert read_with(Model(reply), text, data_dir=tmp_path) == parse(text)


def test_tuned_instructions_reach_the_model(tmp_path):
    save_program(
        SavedProgram(program="parsing", instructions="Read slowly and twice."), folder_of(tmp_path) / "parsing.json"
    )
    model = Model(says(defect_type="crack"))
    read_with(model, TEXT, data_dir=tmp_path)
    assert "Read slowly and twice." in model.seen[0][0]["content"]


def test_a_conversation_reads_with_its_chat_model(tmp_path):
    settings = Settings(data_dir=tmp_path, model="openai:any", _env_file=None)
    model = Model(says(defect_type="crack", material="brass"))
    context = Context(settings=settings, memory=Memory(), get_model=lambda: model)
    describe_defect(context, TEXT)
    assert context.part.defect.blueprint.defect_type == "crack"
    assert len(model.seen) == 1
