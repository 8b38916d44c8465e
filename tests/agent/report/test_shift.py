import numpy as np
import pytest

from agent.report.batch import BatchReports, read_results, write_shift
from agent.report.errors import ReportInputError
from agent.report.shift import ewma, p_chart, pareto, summarise, wilson
from tests.agent.report.conftest import make_record, make_region, make_second


def batch(flags, scores=None):
    scores = scores if scores is not None else [3.0 if flag else 1.0 for flag in flags]
    return [
        make_record(
            (make_region(),) if flag else (),
            verdict="ng" if flag else "ok",
            score=float(score),
            input=f"/photos/{number}.png",
            time_utc=f"2026-11-24T{number // 60:02d}:{number % 60:02d}:00+00:00",
        )
        for number, (flag, score) in enumerate(zip(flags, scores, strict=True))
    ]


def test_pareto_counts_findings_of_parts_that_did_not_pass():
    records = [make_record(), make_record((make_second(),)), make_record((make_region(),), verdict="ok")]
    assert [(row.type, row.count) for row in pareto(records)] == [("void", 2), ("crack", 1)]
    assert pareto(records)[-1].cumulative == pytest.approx(1)


def test_wilson_matches_a_published_value():
    low, high = wilson(10, 100)
    assert low == pytest.approx(0.0552, abs=1e-4)
    assert high == pytest.approx(0.1744, abs=1e-4)


def test_quiet_rates_seldom_signal_and_a_jump_does():
    rng = np.random.default_rng(5)
    signals = sum(p.signal for _ in range(20) for p in p_chart(list(rng.random(400) < 0.05), 0.05, 20))
    assert signals <= 6
    flags = [*(rng.random(200) < 0.05), *(rng.random(100) < 0.4)]
    assert any(p.signal for p in p_chart([bool(flag) for flag in flags], 0.05, 20))
    assert any(p.signal for p in ewma([bool(flag) for flag in flags], 0.05)[200:])


def test_ewma_follows_its_formula():
    points = ewma([True, False], 0.2)
    assert points[0].value == pytest.approx(0.1 * 1 + 0.9 * 0.2)
    assert points[0].high == pytest.approx(0.2 + 3 * 0.4 * 0.1)


def test_every_part_is_in_one_group():
    points = p_chart([False] * 47, 0.1, 10)
    assert sum(p.size for p in points) == 47
    assert all(p.size >= 5 for p in points)


def test_drift_of_good_scores_is_seen():
    rng = np.random.default_rng(1)
    still = summarise(batch([False] * 80, rng.normal(1, 0.1, 80)))
    moved = summarise(batch([False] * 80, rng.normal(1, 0.1, 80) + np.linspace(0, 0.3, 80)))
    assert not still.drift.signal
    assert moved.drift.signal
    assert summarise(batch([False] * 10)).drift is None


@pytest.mark.parametrize("flags", [[True], [False], [True] * 30, [False] * 30])
def test_extreme_batches_are_summed_up(flags, tmp_path):
    summary, page = write_shift(batch(flags), tmp_path, title="<b>Line</b>")
    assert summary.parts == len(flags)
    assert "&lt;b&gt;Line" in page.read_text()
    assert "https://" not in page.read_text()


def test_nothing_to_sum_up_is_said():
    with pytest.raises(ReportInputError, match="no inspection"):
        summarise([])
    with pytest.raises(ReportInputError, match="between 0 and 1"):
        summarise(batch([True]), baseline=3)


@pytest.mark.parametrize("language", ["de", "ko"])
def test_other_languages(tmp_path, language):
    assert write_shift(batch([True, False] * 12), tmp_path, title="x", language=language)[1].is_file()


def test_a_batch_writes_a_report_a_part(tmp_path, photo, knowledge):
    reports = BatchReports(tmp_path, index=knowledge)
    record = reports(make_record(), photo)
    assert record.report.endswith("part_17.json")
    assert (tmp_path / "reports" / "part_17.html").is_file()
    results = tmp_path / "results.jsonl"
    results.write_text(record.model_dump_json() + "\n" + record.model_dump_json()[:50])
    assert read_results(tmp_path) == [record]
    _, page = write_shift(read_results(results), tmp_path, title="x")
    assert 'href="reports/part_17.html"' in page.read_text()


@pytest.mark.parametrize("text", ["[1, 2]\n{}\n", "\x00\n\x00\n"])
def test_what_are_no_results_is_refused(tmp_path, text):
    (tmp_path / "results.jsonl").write_text(text)
    with pytest.raises(ReportInputError, match="not an inspection"):
        read_results(tmp_path)
