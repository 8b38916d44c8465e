import numpy as np
import pytest

from tools.detection.calibration import HeldOut, calibrate, fold_indices
from tools.detection.config import VerdictConfig, parse_config
from tools.detection.errors import DetectionError
from tools.detection.postprocess import Chain
from tools.detection.protocol import Prediction
from tools.detection.verdict import judge


def predictions(rng: np.random.Generator, count: int) -> list[Prediction]:
    found = []
    for _ in range(count):
        scores = rng.gumbel(1.0, 0.2, (30, 34)).astype(np.float32)
        found.append(Prediction(float(np.sort(scores.ravel())[-10:].mean()), scores))
    return found


def held(given: list[Prediction]) -> HeldOut:
    out = HeldOut()
    for one in given:
        out.add(one, "photo")
    return out


@pytest.mark.parametrize(
    "defects",
    [
        {},
        {"min_area": 3, "map_smoothing": {"method": "gaussian", "sigma": 1.0}},
        {"hysteresis": {"enabled": True}, "shape_filters": {"min_solidity": 0.7}, "min_score_mean": 1.2},
        {"pixel_threshold_strategy": "normal_pixel_quantile", "pixel_normal_quantile": 0.99999},
    ],
)
def test_the_count_above_is_the_count_of_ng_verdicts(defects: dict[str, object], rng: np.random.Generator) -> None:
    given = predictions(rng, 150)
    settings = parse_config({"defects": defects}).defects
    limits = calibrate(held(given), settings, VerdictConfig(false_alarm_rate=0.1, review_rate=0.2))
    chain = Chain(settings, limits.baseline)
    verdicts = [judge(one, chain, limits).verdict for one in given]
    assert verdicts.count("ng") <= limits.above
    if limits.guarantee_met:
        assert limits.above <= 9
        assert verdicts.count("ng") + verdicts.count("review") <= 30
    new = [judge(one, chain, limits).verdict for one in predictions(rng, 300)]
    assert new.count("ng") <= 0.1 * 300 + 10


def test_a_fixed_threshold_that_cannot_keep_the_promise_says_so(rng: np.random.Generator) -> None:
    settings = parse_config({"defects": {"pixel_threshold": 1.0}}).defects
    limits = calibrate(held(predictions(rng, 80)), settings, VerdictConfig())
    assert not limits.guarantee_met
    assert "does not hold with this fixed pixel threshold" in limits.words
    assert limits.rate_upper_bound == 1.0
    assert np.isfinite(limits.score_threshold)


def test_a_detector_that_fails_on_good_parts_is_refused(rng: np.random.Generator) -> None:
    bad = predictions(rng, 3)
    bad[1].map[0, 0] = np.nan
    with pytest.raises(DetectionError, match="not numbers"):
        calibrate(held(bad), parse_config({}).defects, VerdictConfig())
    with pytest.raises(DetectionError, match="nan for the good photo"):
        held([Prediction(float("nan"), bad[0].map)])


def test_folds_are_a_partition_and_few_photos_are_left_out_one_by_one() -> None:
    photos = [str(number) for number in range(23)]
    parts = fold_indices(photos, 5, seed=1)
    assert sorted(np.concatenate(parts).tolist()) == list(range(23))
    assert len(fold_indices(photos[:3], 5, seed=1)) == 3
    assert not np.array_equal(fold_indices(photos, 5, seed=2)[0], parts[0])


def test_photos_of_one_part_stay_in_one_fold_and_count_once(rng: np.random.Generator) -> None:
    groups = [f"part {number // 3}" for number in range(180)]
    folds = fold_indices(groups, 5, seed=0)
    where = {groups[index]: set() for index in range(180)}
    for number, fold in enumerate(folds):
        for index in fold:
            where[groups[index]].add(number)
    assert all(len(found) == 1 for found in where.values())
    out = HeldOut()
    for prediction, group in zip(predictions(rng, 180), groups, strict=True):
        out.add(prediction, "photo", None, group)
    limits = calibrate(out, parse_config({}).defects, VerdictConfig())
    assert (limits.held_out, limits.held_out_photos) == (60, 180)
    assert limits.guarantee_met
    assert limits.above == 0  # 60 parts allow none above, although 180 photos would allow 4
