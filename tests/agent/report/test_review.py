import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from agent.report.errors import ReportError, ReportInputError
from agent.report.review import ReviewLog, examples, measured_confidence, verify


@pytest.fixture
def log(tmp_path) -> ReviewLog:
    return ReviewLog(tmp_path / "reviews.jsonl")


def fill(log, report, count=5):
    for number in range(count):
        log.append(report, "confirm", reviewer=f"Person {number}")


def test_decisions_are_chained(log, report):
    fill(log, report)
    found = verify(log.path)
    assert found.intact
    assert found.lines == 5
    assert [review.number for review in log] == [1, 2, 3, 4, 5]


def test_every_change_is_found(log, report):
    fill(log, report)
    head = verify(log.path).head
    lines = log.path.read_text().splitlines()
    for position in range(5):
        changed = list(lines)
        changed[position] = changed[position].replace('"confirm"', '"override"', 1)
        removed = lines[:position] + lines[position + 1 :]
        doubled = [*lines[: position + 1], *lines[position:]]
        for damaged in (changed, removed, doubled, lines[:position]):
            log.path.write_text("".join(f"{line}\n" for line in damaged))
            assert not verify(log.path, head=head).intact


def test_a_rewritten_line_breaks_the_chain(log, report):
    fill(log, report)
    lines = [json.loads(line) for line in log.path.read_text().splitlines()]
    review = next(iter(log)).model_copy(update={"reviewer": "Somebody else"})
    lines[0] = review.model_copy(update={"hash": review.computed_hash()}).model_dump(mode="json")
    log.path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert verify(log.path).problem == "line 2 does not follow"


def test_nothing_is_appended_to_a_damaged_log(log, report):
    fill(log, report, 2)
    log.path.write_text(log.path.read_text()[:-30])
    with pytest.raises(ReportError, match="damaged"):
        log.append(report, "confirm", reviewer="A")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"decision": "override", "new_verdict": "ok"}, "needs a reason"),
        ({"decision": "override", "reason": "x"}, "needs the new verdict"),
        ({"decision": "correct", "reason": "x"}, "needs the finding"),
        ({"decision": "correct", "reason": "x", "region_id": "r-none", "new_type": "dent"}, "has no finding r-none"),
        ({"decision": "confirm", "reviewer": " "}, "reviewer"),
    ],
)
def test_incomplete_decisions_are_refused(log, report, arguments, message):
    with pytest.raises(ReportInputError, match=message):
        log.append(report, **{"reviewer": "A", **arguments})
    assert not log.path.exists()


def test_many_writers_keep_one_chain(log, report):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: log.append(report, "confirm", reviewer=f"P{number}"), range(24)))
    assert verify(log.path).lines == 24
    assert verify(log.path).intact


def test_confidence_counts_the_last_decision_about_each_report(log, report):
    log.append(report, "override", reviewer="A", reason="dust", new_verdict="ok")
    assert measured_confidence(list(log), "ng") == (0, 1)
    log.append(report, "confirm", reviewer="B")
    assert measured_confidence(list(log), "ng") == (1, 1)
    assert measured_confidence(list(log), "ok") is None


def test_corrections_become_examples(log, report, photo_path):
    finding = report.findings[0].region
    values = {"region_id": finding.id, "new_type": "scratch", "reason": "straight", "image": str(photo_path)}
    log.append(report, "correct", reviewer="A", **values)
    (example,) = examples(list(log))
    assert example["type"] == "scratch"
    assert tuple(example["bbox_xyxy"]) == finding.bbox_xyxy
