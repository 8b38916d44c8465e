import json

import pytest
from langchain_core.messages import AIMessage
from typer.testing import CliRunner

from agent.programs.errors import ProgramError
from agent.programs.lm import as_lm
from agent.programs.saved import SavedProgram, folder_of, instructions, load_program
from agent.report.llm import Draft, DraftAdvice, DraftFinding, DraftSentence
from evals.cli import app
from evals.optimise import parsing, report
from evals.optimise.tuning import Rewriter, instructions_in, rewriting_prompt, tune
from evals.parsing.score import load
from evals.report.scenes import scenes

BETTER = "Read the text carefully, CHECK EVERY UNIT, and fill in the fields."
EXPECT = {case.text: case.expect for case in load(parsing.SETS)}


def truth(text):
    expect = EXPECT[text]
    found = {parsing._NAMES.get(name, name): value for name, value in expect.items()}
    return {n: {"min": v[0], "max": v[1]} if isinstance(v, list) else v for n, v in found.items()}


class Student:
    """Reads rightly when its instructions say what to check; rewrites them when it is asked to."""

    model_name = "student"

    def __init__(self, rewriting=f"```\n{BETTER}\n```"):
        self.rewriting, self.rewritten = rewriting, 0

    def invoke(self, messages):
        said = "".join(str(message["content"]) for message in messages)
        if "Write better instructions" in said:
            self.rewritten += 1
            return AIMessage(self.rewriting)
        if "CHECK EVERY UNIT" not in said:
            return AIMessage(json.dumps({"defect_type": None, "material": "cheese"}))
        text = next(text for text in sorted(EXPECT, key=len, reverse=True) if f"\n{text}\n" in said)
        return AIMessage(json.dumps(truth(text)))


def tune_parsing(model, **more):
    return tune(parsing.make_task("Fill in the fields.", examples=8, seed=1), as_lm(model), calls=40, **more)


def test_better_instructions_are_found():
    tuned = tune_parsing(Student())
    assert tuned.instructions == BETTER
    assert tuned.before < 0.2
    assert tuned.after == 1.0
    assert tuned.better
    assert 0 < tuned.calls <= 50


def test_a_run_that_is_kept_goes_on(tmp_path):
    first = tune_parsing(Student(), log=tmp_path)
    again = tune_parsing(Student(), log=tmp_path)
    assert again.instructions == first.instructions
    assert again.calls < first.calls


@pytest.mark.parametrize("reply", ["", "```\n```", '{"instructions":'])
def test_a_model_that_cannot_rewrite_leaves_the_instructions(reply):
    tuned = tune_parsing(Student(reply))
    assert tuned.instructions == "Fill in the fields."
    assert not tuned.better
    assert tuned.unread > 0


def test_a_teacher_rewrites_in_its_place():
    student, teacher = Student(), Student()
    assert tune_parsing(student, teacher=as_lm(teacher)).better
    assert (student.rewritten, teacher.rewritten > 0) == (0, True)


def test_a_model_that_is_not_there_is_said_at_once():
    class Gone:
        model_name = "gone"

        def invoke(self, messages):
            raise ConnectionError("no route to host")

    with pytest.raises(ProgramError, match="the model gone cannot be used: no route to host"):
        tune_parsing(Gone())


def test_the_halves_share_no_example_and_the_newest_sets_stay_unseen():
    task = parsing.make_task("x", examples=30, seed=3)
    train, validation = ({one.text for one in half} for half in (task.train, task.validation))
    assert not train & validation
    assert not (train | validation) & {case.text for case in load(("fourth", "fifth"))}


def test_fields_are_judged_one_by_one():
    task = parsing.make_task("x", examples=2, seed=1)
    gold = next(iter(task.train))
    right = parsing.Extraction.model_validate(truth(gold.text))
    answer = type("Answer", (), {"blueprint": right})
    assert parsing.judge(gold, answer).score == 1.0
    wrong = type("Answer", (), {"blueprint": right.model_copy(update={"material": "cheese"})})
    assert parsing.judge(gold, wrong).score < 1.0
    assert "material should be" in parsing.judge(gold, wrong).feedback
    assert parsing.judge(gold, object()).score == 0.0


def bracket_draft(**changes):
    facts = scenes()["bracket"]
    regions = [region.id for region in facts.record.regions]
    values = {
        "summary": [DraftSentence(text="Bracket 17 is rejected.", evidence=["verdict"])],
        "findings": [
            DraftFinding(region_id=regions[0], sentences=[DraftSentence(text="A severe crack.", evidence=regions[:1])]),
            DraftFinding(region_id=regions[1], sentences=[DraftSentence(text="A minor void.", evidence=regions[1:])]),
        ],
        "causes": [DraftAdvice(text="Contraction is hindered", record_id="casting.crack.hot_tear")],
    }
    return Draft(**{**values, **changes})


def judged(draft):
    task = report.make_task("Write.", examples=10, seed=0)
    gold = next(
        one
        for one in (*task.train, *task.validation)
        if one.language == "en" and one.truth.names == scenes()["bracket"].names
    )
    return report.judge(gold, type("Answer", (), {"draft": draft}))


def test_a_report_is_judged_by_what_holds_and_what_is_missing():
    assert judged(bracket_draft()).score == 1.0
    lying = judged(bracket_draft(summary=[DraftSentence(text="Bracket 17 is OK.", evidence=["verdict"])]))
    assert 0 < lying.score < 1
    assert "Not supported" in lying.feedback
    short = judged(bracket_draft(findings=[]))
    assert short.score == 0.5
    assert "Nothing is said of the region" in short.feedback
    assert judged(Draft()).score == 0.0


def test_the_report_program_is_tuned_too():
    class Writer:
        def invoke(self, messages):
            said = "".join(str(message["content"]) for message in messages)
            if "Write better instructions" in said:
                return AIMessage("```\nState the verdict first, with its evidence.\n```")
            first = [DraftSentence(text="NG." if '"ng"' in said else "OK.", evidence=["verdict"])]
            return AIMessage(Draft(summary=first if "State the verdict" in said else []).model_dump_json())

    tuned = tune(report.make_task("Write.", examples=8, seed=0), as_lm(Writer()), calls=30)
    assert tuned.instructions == "State the verdict first, with its evidence."
    assert tuned.after > tuned.before == 0.0


@pytest.mark.parametrize(
    ("reply", "wanted"),
    [
        (f"Here:\n```text\n{BETTER}\n```\nDone.", BETTER),
        (f"```{BETTER}```", BETTER),
        (BETTER, BETTER),
        ("ok", None),
        ("x" * 30_000, None),
    ],
)
def test_instructions_are_taken_out_of_a_reply(reply, wanted):
    assert instructions_in(reply) == wanted


def test_the_rewriting_prompt_shows_what_was_wrong():
    prompt = rewriting_prompt("Do it.", [{"Inputs": {"text": "a" * 5000}, "Feedback": "material should be brass."}])
    assert "material should be brass." in prompt
    assert len(prompt) < 4000
    assert Rewriter().unread == 0


@pytest.fixture
def student(monkeypatch, tmp_path):
    from agent.settings import get_settings

    monkeypatch.setenv("REDRABBIT_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("REDRABBIT_MODEL", "openai:student")
    monkeypatch.setattr("agent.models.registry.get_chat_model", lambda settings: Student())
    get_settings.cache_clear()
    yield tmp_path
    get_settings.cache_clear()


def test_the_command_writes_a_file_that_the_agent_loads(student):
    arguments = ["optimise", "parsing", "--calls", "60", "--examples", "8", "--at-once", "1", "--json"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document["score_after"] > document["score_before"]
    saved = load_program(folder_of(student) / "parsing.json", "parsing")
    assert isinstance(saved, SavedProgram)
    assert saved.model == "openai:student"
    assert instructions("parsing", student) == BETTER == saved.instructions


def test_the_command_says_what_it_needs(student, monkeypatch):
    from agent.settings import get_settings

    assert "choose parsing or report" in str(CliRunner().invoke(app, ["optimise", "poems"]).exception)
    monkeypatch.setenv("REDRABBIT_MODEL", "offline")
    get_settings.cache_clear()
    assert "set REDRABBIT_MODEL" in str(CliRunner().invoke(app, ["optimise", "parsing"]).exception)
