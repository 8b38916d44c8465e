"""Runs from the question file to the summary: baselines, offline, protocol, resuming, shards, comparing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agent.cli.main import main
from evals.mmad.answerers import Case, Reply
from evals.mmad.compare import compare
from evals.mmad.errors import MmadInputError
from evals.mmad.layout import read_questions
from evals.mmad.log import read_log
from evals.mmad.protocol import Protocol, choose
from evals.mmad.runs import Wanted, merge
from evals.mmad.task import Task, rescore

ROOT = Path(__file__).resolve().parents[3]


class Recorder:
    """Answers the first option and keeps what it was shown."""

    name = "recorder"

    def __init__(self) -> None:
        self.cases: list[Case] = []

    def answer(self, case: Case) -> Reply:
        """See `Answerer`."""
        self.cases.append(case)
        letter = next(iter(case.options))
        return Reply(letter, f"I say {letter}", tokens_in=100, tokens_out=2)


@pytest.fixture(scope="module")
def offline(two_hundred: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fixture answered offline, with knowledge."""
    out = tmp_path_factory.mktemp("offline")
    code = main(["eval", "mmad", "--root", str(two_hundred), "--answerer", "offline", "--out", str(out),
                 "--knowledge", str(two_hundred / "domain_knowledge.json")])  # fmt: skip
    assert code == 0
    return out


def test_offline_finds_and_places_the_spots(offline: Path) -> None:
    summary = json.loads((offline / "summary.json").read_text())
    assert summary["n_questions"] >= 200
    assert summary["n_images"] == 44
    for name in ("official", "micro", "strict"):
        assert {"average", "by_subtask", "by_dataset", "interval"} <= set(summary[name])
    assert summary["official"]["by_subtask"]["Anomaly Detection"] >= 0.75
    assert summary["official"]["by_subtask"]["Defect Localization"] >= 0.95
    assert summary["official"]["by_subtask"]["Defect Analysis"] == 1.0
    assert summary["overkill"] <= 0.5
    assert summary["miss"] == 0.0
    assert set(summary["detectors"]) == {"DS-MVTec/plate", "VisA/disc"}


def test_the_log_has_a_line_a_question_and_the_report_shows_it(offline: Path) -> None:
    lines = read_log(offline)
    assert len({line["id"] for line in lines}) == len(lines) >= 200
    first = lines[0]
    assert {"question", "options", "correct", "answer", "why", "seconds", "finding"} <= set(first)
    page = (offline / "report.html").read_text()
    assert "Defect Localization" in page
    assert "DS-MVTec / plate" in page
    assert "http" not in page


def test_scoring_again_gives_the_same_and_asks_nobody(offline: Path) -> None:
    before = json.loads((offline / "summary.json").read_text())
    assert rescore(offline) == before
    assert main(["eval", "mmad", "score", str(offline)]) == 0


def test_no_answerer_sees_a_path_or_a_label(two_hundred: Path, tmp_path: Path) -> None:
    recorder = Recorder()
    Task(read_questions(two_hundred), tmp_path, recorder, Protocol(limit=20, shots=2)).run()
    assert len(recorder.cases) == 20
    assert not any(isinstance(value, Path) for case in recorder.cases for value in vars(case).values())
    assert not hasattr(recorder.cases[0].question, "answer")
    assert len(recorder.cases[0].templates) == 2


def test_cumulative_questions_see_what_was_answered_before(two_hundred: Path, tmp_path: Path) -> None:
    recorder = Recorder()
    task = Task(read_questions(two_hundred), tmp_path, recorder, Protocol(limit=5, cumulative=True))
    summary = task.run()
    assert [len(case.history) for case in recorder.cases] == [0, 1, 2, 3, 4]
    assert recorder.cases[1].history[0].said == "I say A"
    assert summary["tokens"] == {"in": 500, "out": 10}


def test_shuffled_options_are_counted_under_their_own_letters(two_hundred: Path, tmp_path: Path) -> None:
    questions = read_questions(two_hundred)
    Task(questions, tmp_path, Recorder(), Protocol(shuffle=True, limit=60)).run()
    lines = read_log(tmp_path)
    assert any(line["answer"] != "A" for line in lines)
    for line in lines:
        assert line["options"][line["answer"]] == line["shown"]["A"]


def test_stratified_limits_spread_and_are_the_same_for_all(two_hundred: Path) -> None:
    questions = read_questions(two_hundred)
    protocol = Protocol(limit=40, stratify=True)
    chosen = choose(questions, protocol)
    assert sum(take for _, take in chosen) == 40
    assert len({(item.product, item.normal) for item, _ in chosen}) == 4
    assert choose(questions, protocol.model_copy(update={"condition": "both"})) == chosen


def test_another_run_is_not_mixed_into_a_log(two_hundred: Path, tmp_path: Path) -> None:
    questions = read_questions(two_hundred)
    Task(questions, tmp_path, "always-a", Protocol(limit=4)).run()
    with pytest.raises(MmadInputError, match="another run"):
        Task(questions, tmp_path, "random", Protocol(limit=4)).run()
    assert Task(questions, tmp_path, "random", Protocol(limit=4), fresh=True).run()["answerer"] == "random"


def test_a_cut_off_line_is_dropped_and_asked_again(two_hundred: Path, tmp_path: Path) -> None:
    questions = read_questions(two_hundred)
    Task(questions, tmp_path, "random", Protocol(limit=12)).run()
    whole = (tmp_path / "log.jsonl").read_bytes()
    (tmp_path / "log.jsonl").write_bytes(whole[: len(whole) // 2])
    Task(questions, tmp_path, "random", Protocol(limit=12)).run()
    again = {line["id"]: line["answer"] for line in read_log(tmp_path)}
    assert again == {json.loads(line)["id"]: json.loads(line)["answer"] for line in whole.splitlines()}


def test_a_killed_run_goes_on(two_hundred: Path, tmp_path: Path) -> None:
    script = (
        "import sys, time\nfrom pathlib import Path\nfrom evals.mmad.answerers import AlwaysFirst\n"
        "from evals.mmad.layout import read_questions\nfrom evals.mmad.task import Task\n"
        "class Slow(AlwaysFirst):\n    def answer(self, case):\n        time.sleep(0.02)\n"
        "        return super().answer(case)\n"
        "Task(read_questions(Path(sys.argv[1])), Path(sys.argv[2]), Slow()).run()\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(two_hundred), str(tmp_path)], cwd=ROOT)
    log = tmp_path / "log.jsonl"
    while process.poll() is None and (not log.exists() or log.read_bytes().count(b"\n") < 20):
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    kept = [json.loads(line)["id"] for line in log.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
    assert 20 <= len(kept) < 200
    counted = Recorder()
    counted.name = "always-a"
    questions = read_questions(two_hundred)
    summary = Task(questions, tmp_path, counted).run()
    assert len(counted.cases) == questions.n_questions - len(kept)
    assert summary["n_questions"] == questions.n_questions
    assert [line["id"] for line in read_log(tmp_path)][: len(kept)] == kept


def test_shards_put_together_are_the_whole_run(two_hundred: Path, tmp_path: Path) -> None:
    questions = read_questions(two_hundred)
    whole = Task(questions, tmp_path / "whole", "random").run()
    wanted = Wanted(root=two_hundred, out=tmp_path / "parts", answerer="random")
    places = []
    for shard in range(3):
        protocol = Protocol(shard=shard, shards=3)
        if choose(questions, protocol):
            places.append(tmp_path / "parts" / f"shard-{shard}")
            Task(questions, places[-1], "random", protocol).run()
    assert len(places) > 1
    merged = merge(wanted.task(questions, "alone", tmp_path / "parts"), places)
    for name in ("official", "micro", "strict", "overkill", "miss", "n_questions"):
        assert merged[name] == whole[name]


def test_comparing_two_runs(offline: Path, two_hundred: Path, tmp_path: Path) -> None:
    Task(read_questions(two_hundred), tmp_path, "always-a").run()
    found = compare(tmp_path, offline)
    assert found["n_questions"] >= 200
    assert found["difference"]["low"] > 0
    assert found["mcnemar"]["p"] < 0.001
    assert found["mcnemar"]["only_second"] > found["mcnemar"]["only_first"]
    assert main(["eval", "compare", str(tmp_path), str(offline)]) == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["--out", "x"],
        ["--root", "nowhere", "--out", "x"],
        ["--root", ".", "--out", "x"],
    ],
)
def test_bad_input_is_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["eval", "mmad", *(str(tmp_path / a) if a == "x" else a for a in arguments)]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_unknown_answerer_shard_and_bundle(two_hundred: Path, tmp_path: Path) -> None:
    base = ["eval", "mmad", "--root", str(two_hundred), "--out", str(tmp_path / "o")]
    assert main([*base, "--answerer", "wizard"]) == 2
    assert main([*base, "--shard", "3/2"]) == 2
    assert main([*base, "--bundle", str(tmp_path / "none"), "--fresh"]) == 2
