import numpy as np
import pytest

from tools.detection.acceptance import AcceptanceRules, Rule, parse_rules
from tools.detection.acceptance_words import parse_rule
from tools.detection.config import parse_config
from tools.detection.errors import DetectionInputError
from tools.detection.regions import Region, measure_region
from tools.vision.masks import components

SCALE = 0.1


def region(x: int, y: int, width: int, height: int, kind: str = "anomaly") -> Region:
    mask = np.zeros((200, 200), dtype=bool)
    mask[y : y + height, x : x + width] = True
    zone = np.zeros((200, 200), dtype=bool)
    zone[:, :100] = True
    found = measure_region(components(mask)[0], mask.astype(np.float32), mm_per_px=SCALE, zones={"A": zone})
    return found.model_copy(update={"type": kind})


def levels(rules: list[str], *regions: Region) -> list[str]:
    read = AcceptanceRules([parse_rule(text, zones=("A", "B")) for text in rules])
    found, reasons = read.apply(regions)
    return [one.level for one in found] + ["NG"] * bool(reasons)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("NG if any scratch > 2 mm in zone A", {"types": ("scratch",), "zones": ("A",), "value": 2.0, "unit": "mm"}),
        ("more than 3 pores over 0.5 mm", {"types": ("void",), "allowed": 3, "value": 0.5, "comparator": ">"}),
        (
            "area above 4 mm2 at the edge is critical",
            {"zones": ("edge",), "measure": "area", "value": 4.0, "unit": "mm2", "severity": "critical"},
        ),
        ("no cracks", {"types": ("crack",), "outcome": "ng", "value": None}),
        ("no more than 2 dents", {"types": ("dent",), "allowed": 2}),
        ("3 or more pores", {"types": ("void",), "allowed": 2}),
        ("fewer than 3 pores are allowed", {"types": ("void",), "allowed": 2, "outcome": "ng"}),
        ("scratches shorter than 0.5 mm are acceptable", {"outcome": "accepted", "comparator": "<"}),
        ("scratches must not exceed 200 µm", {"outcome": "accepted", "comparator": "<=", "value": 0.2}),
        ("review if any stain in the centre", {"outcome": "review", "zones": ("center",), "types": ("stain",)}),
        ("stains over 2 mm wide are minor", {"measure": "width", "severity": "minor", "outcome": "review"}),
        ("total area over 10 mm²", {"total": True, "measure": "area", "value": 10.0}),
        ("reject scratches of 2 mm or more", {"comparator": ">=", "outcome": "ng"}),
        ("scratch or crack > 1.5 cm is ng", {"types": ("scratch", "crack"), "value": 15.0}),
        ("NG if score above 3.2", {"measure": "score", "value": 3.2}),
        ("more than three chips in the top left", {"allowed": 3, "zones": ("top_left",)}),
        ("Scratches longer than 20 px are NG.", {"unit": "px", "measure": "length"}),
    ],
)
def test_words_become_rules(text: str, wanted: dict[str, object]) -> None:
    found = parse_rule(text, zones=("A", "B")).model_dump()
    assert {key: found[key] for key in wanted} == wanted


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("reject scrach > 2 mm", "did you mean 'scratch'?"),
        ("NG if any scratch > 2 mm in zone C", "zone 'c', which is not drawn; there are A, B, top_left"),
        ("banana", "cannot understand 'banana'"),
        ("is ng", "names no defect"),
        ("area over 4 mm is ng", "write mm2"),
    ],
)
def test_what_is_not_understood_is_an_error(text: str, message: str) -> None:
    with pytest.raises(DetectionInputError) as caught:
        parse_rule(text, zones=("A", "B"))
    assert message in str(caught.value)


def test_length_in_a_zone() -> None:
    rules = ["NG if any scratch > 2 mm in zone A"]
    assert levels(rules, region(10, 50, 30, 1, "scratch")) == ["ng"]
    assert levels(rules, region(10, 50, 15, 1, "scratch")) == ["accepted"]
    assert levels(rules, region(150, 50, 30, 1, "scratch")) == ["ng"]  # outside A no rule speaks for it
    assert levels(rules, region(10, 50, 15, 1, "crack")) == ["ng"]  # nor for a crack


def test_an_unknown_type_may_be_condemned_but_not_accepted() -> None:
    rules = ["NG if any scratch > 2 mm"]
    assert levels(rules, region(10, 50, 30, 1)) == ["ng"]
    assert levels(rules, region(10, 50, 15, 1)) == ["review"]
    assert levels(rules, region(50, 50, 6, 6)) == ["ng"]  # a compact spot is no scratch: no rule speaks for it
    assert levels(["defects up to 2 mm are ok"], region(10, 50, 15, 1)) == ["accepted"]


def test_counts_and_sums() -> None:
    pores = [region(20 * i + 5, 50, 6, 6, "void") for i in range(4)]
    rule = ["more than 3 pores over 0.5 mm"]
    assert levels(rule, *pores) == ["ng"] * 4 + ["NG"]
    assert levels(rule, *pores[:3]) == ["accepted"] * 3
    assert levels(["total area over 1 mm2"], *pores)[-1] == "NG"
    assert levels(["total area over 2 mm2"], *pores) == ["accepted"] * 4


def test_the_strictest_rule_wins_and_severity_is_said() -> None:
    rules = AcceptanceRules(
        [parse_rule("scratches under 9 mm are ok"), parse_rule("scratches at the edge are critical")]
    )
    found, _ = rules.apply([region(0, 50, 20, 1, "scratch"), region(80, 100, 20, 1, "scratch")])
    assert [(one.level, one.severity) for one in found] == [("ng", "critical"), ("accepted", "minor")]
    assert found[0].why == "rule: scratches at the edge are critical"


def test_millimetres_need_a_scale() -> None:
    with pytest.raises(DetectionInputError, match="give --mm-per-px"):
        parse_rules(parse_config({"acceptance": ["no scratch > 2 mm"]}))
    assert parse_rules(parse_config({"acceptance": ["no scratch > 2 mm"], "mm_per_px": 0.1})) is not None
    assert parse_rules(parse_config({})) is None
    with pytest.raises(DetectionInputError, match="scale is not known"):
        Rule(text="x", measure="length", comparator=">", value=1.0, unit="mm").beyond(None)
