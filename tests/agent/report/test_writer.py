from datetime import UTC, datetime

import numpy as np
import pytest

from agent.report.checker import check_sentence
from agent.report.errors import ReportInputError
from agent.report.facts import Facts
from agent.report.writer import Context, write_report
from tests.agent.report.conftest import make_record, make_region
from tests.knowledge.conftest import bag_of_words


def facts_of(report, record) -> Facts:
    names = (report.part, report.image_name)
    contrasts = {f.region.id: f.contrast for f in report.findings if f.contrast is not None}
    return Facts(record, report.citations, report.confidence, contrasts, names)


@pytest.mark.parametrize("language", ["en", "de", "ko"])
@pytest.mark.parametrize("verdict", ["ng", "review", "ok", "cannot_judge"])
def test_the_template_says_only_what_is_true(language, verdict, photo, knowledge):
    changes = {
        "ng": {},
        "review": {"verdict": "review", "score": 2.2},
        "ok": {"verdict": "ok", "score": 1.0, "regions": ()},
        "cannot_judge": {"verdict": "cannot_judge", "score": None, "regions": ()},
    }[verdict]
    record = make_record(**changes)
    report = write_report(record, photo, language=language, index=knowledge, context=Context(material="cast iron"))
    facts = facts_of(report, record)
    assert report.summary
    for sentence in report.sentences:
        assert check_sentence(sentence, facts, language=language, embed=bag_of_words) == (), sentence.text


def test_causes_and_actions_cite_retrieved_records(report):
    assert {one.kind for one in report.advice} == {"cause", "check", "action"}
    known = {citation.record_id: citation.text for citation in report.citations}
    assert all(one.text in known[one.record_id] for one in report.advice)
    assert all(name.startswith(("casting.", "general.")) for name in known)


def test_without_a_material_no_family_is_guessed(photo, knowledge):
    report = write_report(make_record(), photo, index=knowledge, context=Context(part="Q-17"))
    assert report.citations
    assert all(citation.record_id.startswith("general.") for citation in report.citations)
    assert not [one for one in report.advice if one.kind == "cause"]


def test_the_same_inspection_gives_the_same_report(photo, knowledge):
    now = datetime(2026, 1, 1, tzinfo=UTC)
    first, second = (write_report(make_record(), photo, index=knowledge, now=now) for _ in range(2))
    assert first == second


def test_confidence_is_counted(report):
    assert report.confidence.good_as_high == 0
    assert report.confidence.good_total == 30
    assert report.confidence.good_share_bound == pytest.approx(1 / 31)


def test_contrast_is_measured(report):
    assert report.findings[0].contrast < -0.2
    assert report.findings[1].contrast > 0.2


def test_a_photo_that_could_not_be_read_still_gets_a_report(knowledge):
    record = make_record((), verdict="cannot_judge", score=None, width_px=None, height_px=None, error="x.png is empty")
    report = write_report(record, None, index=knowledge)
    assert report.pictures == ()
    assert report.notes == ("x.png is empty",)


def test_numbers_that_look_alike_are_told_apart(photo):
    record = make_record(score=2.50004, score_threshold=2.5)
    text = " ".join(sentence.text for sentence in write_report(record, photo).summary)
    assert "2.50004 is above the threshold of 2.5" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"writer": "poet"}, "no report writer 'poet'"),
        ({"language": "fr"}, "not in 'fr'"),
        ({"writer": "llm"}, "needs a chat model"),
    ],
)
def test_bad_settings_give_one_sentence(arguments, message, photo):
    with pytest.raises(ReportInputError, match=message):
        write_report(make_record(), photo, **arguments)


def test_another_photo_is_refused():
    with pytest.raises(ReportInputError, match="10 x 10 px"):
        write_report(make_record(), np.zeros((10, 10, 3), np.uint8))


def test_a_long_or_odd_part_name_is_one_short_line(photo):
    report = write_report(make_record((make_region(),)), photo, context=Context(part="a\n\0b\t" + "x" * 500))
    assert len(report.part) == 120
    assert "\n" not in report.part
    assert "\0" not in report.part
