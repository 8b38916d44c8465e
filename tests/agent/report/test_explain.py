import pytest

from agent.report.explain import answer, compare, what_to_check, why_type
from agent.report.writer import Context, write_report
from tests.agent.report.conftest import make_record, make_region


def test_why_this_type_and_not_that(report, knowledge):
    found = why_type("why is this a crack and not a scratch?", report, knowledge)
    assert "is called crack" in found.text
    assert "general.crack_or_scratch" in found.text
    assert found.region_ids == (report.findings[0].region.id,)
    assert found.pictures


def test_a_finding_is_meant_by_number_or_type(report, knowledge):
    second = (report.findings[1].region.id,)
    assert why_type("why is #2 bad", report, knowledge).region_ids == second
    assert why_type("Warum ist das eine Pore?", report, knowledge, language="de").region_ids == second


def test_what_to_check_comes_from_the_reports_records(report, knowledge):
    found = what_to_check(report, knowledge)
    cited = {citation.record_id for citation in found.citations}
    assert cited
    assert all(f"[{name}]" in found.text for name in cited if any(a.record_id == name for a in report.advice))


def test_batches_are_compared_with_a_test():
    bad, good = make_record(), make_record((), verdict="ok", score=1.0)
    text = compare([bad] * 9 + [good], [good] * 10).text
    assert "90.0 % now" in text
    assert "larger than chance" in text
    assert "may be chance" in compare([bad, good], [good, good]).text
    assert "nothing to compare" in compare([bad], []).text


def test_questions_find_their_answer(report, knowledge):
    assert "nothing to compare" in answer("compare with last week", report, knowledge).text
    assert "Check" in answer("what should I check on the machine?", report, knowledge).text
    assert "is called" in answer("why is this a crack?", report, knowledge).text
    assert answer("hello", report, knowledge) is None


@pytest.mark.parametrize("shape", ["line", "spot", "patch"])
@pytest.mark.parametrize("language", ["en", "de"])
def test_a_finding_of_unknown_type_gets_no_advice_on_a_type(photo, knowledge, shape, language):
    record = make_record([make_region(type="unknown", shape=shape)])
    report = write_report(record, photo, index=knowledge, language=language, context=Context(material="steel"))
    empty = report.model_copy(update={"advice": (), "citations": ()})
    for told in (report, empty):
        found = what_to_check(told, knowledge, language=language)
        cited = [knowledge.get(one.record_id).record for one in (*told.citations, *found.citations)]
        assert cited
        assert {(one.family, one.defect_type) for one in cited} == {("general", None)}
