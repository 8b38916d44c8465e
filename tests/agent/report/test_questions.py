from datetime import UTC, datetime

import pytest

from agent.report.questions import kind_of, period

NOW = datetime(2026, 11, 25, 14, 0, tzinfo=UTC)  # A Wednesday.


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("why is this a crack and not a scratch?", "why"),
        ("Why did you call it a void?", "why"),
        ("Warum ist das ein Riss und kein Kratzer?", "why"),
        ("what should I check on the machine?", "check"),
        ("Was soll ich an der Maschine prüfen?", "check"),
        ("what can we do about it?", "check"),
        ("compare with last week", "compare"),
        ("is it getting worse than last shift?", "compare"),
        ("Vergleiche das mit gestern", "compare"),
        ("why do cracks form in castings?", None),
        ("check this photo", None),
        ("inspect these", None),
        ("compare version 1 and 2", None),
        ("why did it fail?", None),
        ("show me what we made last week", None),
    ],
)
def test_a_question_is_of_a_kind_or_of_none(question: str, kind: str | None):
    assert kind_of(question) == kind


def test_last_week_is_monday_to_sunday():
    start, end = period("compare with last week", NOW)
    assert (start.day, end.day) == (16, 23)
    assert [one.day for one in period("compared to yesterday", NOW)] == [24, 25]
    assert [one.month for one in period("versus last month", NOW)] == [10, 11]
    assert period("compare with earlier", NOW)[1] == NOW
