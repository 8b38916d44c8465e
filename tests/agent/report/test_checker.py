import pytest

from agent.report.checker import check_sentence
from agent.report.facts import Facts
from agent.report.schema import Citation, Confidence, Sentence
from tests.agent.report.conftest import make_record, make_region, make_second
from tests.knowledge.conftest import bag_of_words

RECORD = Citation(
    record_id="casting.crack.hot_tear",
    title="Hot tear",
    source="test",
    text="Hot tear. Causes: Sharp fillets, thick beside thin; Contraction is hindered. "
    "Do: Larger fillets; Cool the spot.",
    standards=("EN 12454",),
)
FIRST, SECOND = make_region().id, make_second().id
FACTS = Facts(
    make_record(),
    (RECORD,),
    Confidence(good_as_high=0, good_total=110, good_share_bound=1 / 111),
    {FIRST: -0.3, SECOND: 0.3},
    ("Bracket 17",),
)


def kinds(text: str, *evidence: str, language: str = "en", facts: Facts = FACTS) -> set[str]:
    sentence = Sentence(text=text, evidence=evidence)
    return {problem.kind for problem in check_sentence(sentence, facts, language=language, embed=bag_of_words)}


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        ("Bracket 17 is rejected.", "verdict"),
        ("The part is not OK.", "verdict"),
        ("The score of 5.25 exceeds the threshold of 2.5.", "score"),
        ("The score is 2.1 times the threshold.", "score"),
        ("The score is 110 % above the limit.", "score"),
        ("The limit is exceeded by 2.75.", "score"),
        ("Two regions were found: one crack and one void.", "picture"),
        ("The crack at the top left is 4.2 mm long.", FIRST),
        ("It is 4210 µm long.", FIRST),
        ("It is 0.42 cm long.", FIRST),
        ("It is about 4 mm long and roughly 0.3 mm wide.", FIRST),
        ("It is between 4 and 5 mm long.", FIRST),
        ("It is more than 4 mm but less than 5 mm long.", FIRST),
        ("It measures 84 px by 6 px.", FIRST),
        ("The crack touches the edge.", FIRST),
        ("It is darker than its surroundings and elongated.", FIRST),
        ("A bright, round void lies at the bottom right.", SECOND),
        ("The crack is longer than the void.", FIRST),
        ("The void is smaller than the crack.", SECOND),
        ("This is the longest region.", FIRST),
        ("No scratch was found.", "picture"),
        ("This is a crack, not a scratch.", FIRST),
        ("None of the held-out good parts, 0 of 110, scored as high.", "confidence"),
        ("A likely cause is sharp fillets.", "casting.crack.hot_tear"),
        (
            "It was inspected on 2026-11-24.",
            "picture",
        ),
        ("The crack is severe, the void is minor.", ""),
        ("The regions cover 516 px in total.", "picture"),
        ("See EN 12454 for the class.", "casting.crack.hot_tear"),
    ],
)
def test_what_is_true_passes(text: str, evidence: str):
    if "inspected on" in text:
        text += " The verdict is NG."
    names = [evidence] if evidence else []
    if "EN 12454" in text:
        names.append("verdict")
    assert kinds(text, *names) == set()


@pytest.mark.parametrize(
    ("text", "evidence", "kind"),
    [
        ("The part is OK.", "verdict", "verdict"),
        ("It passes.", "verdict", "verdict"),
        ("The part goes to review.", "verdict", "verdict"),
        ("It is not rejected.", "verdict", "verdict"),
        ("The score is below the threshold.", "score", "comparison"),
        ("The threshold is not exceeded by the score.", "score", "comparison"),
        ("The threshold is 3.5.", "score", "number"),
        ("It is 6.1 mm long.", FIRST, "number"),
        ("It is 4.2 cm long.", FIRST, "number"),
        ("It is 4.2 mm wide.", FIRST, "number"),
        ("It is 4.2 mm long.", SECOND, "number"),
        ("It is longer than 5 mm.", FIRST, "number"),
        ("It lies at the bottom left.", FIRST, "place"),
        ("The void is at the top left.", SECOND, "place"),
        ("It is a dent.", FIRST, "type"),
        ("There is also corrosion.", "picture", "type"),
        ("No cracks were found.", "picture", "type"),
        ("Three regions were found.", "picture", "count"),
        ("Two cracks were found.", "picture", "count"),
        ("No defects were found.", "picture", "count"),
        ("It is minor.", FIRST, "severity"),
        ("The crack is shorter than the void.", FIRST, "comparison"),
        ("This is the longest region.", SECOND, "comparison"),
        ("The crack is longer than the scratch.", FIRST, "comparison"),
        ("It is brighter than its surroundings.", FIRST, "look"),
        ("It is round.", FIRST, "look"),
        ("This was caused by a worn tool.", FIRST, "cause"),
        ("A likely cause is a drunk welder.", "casting.crack.hot_tear", "cause"),
        ("Replace the spindle.", FIRST, "cause"),
        ("It violates ISO 4711.", FIRST, "standard"),
        ("It was seen again, as last week.", "picture", "history"),
        ("This is certainly a crack.", FIRST, "certainty"),
        ("With 92 % confidence it is NG.", "verdict", "number"),
        ("It took 3 hours.", "picture", "number"),
        ("The weather was fine.", "picture", "nothing_checkable"),
        ("r-00000000ff lies at the top left.", FIRST, "citation"),
        ("The part is NG.", "no.such.record", "citation"),
    ],
)
def test_what_is_not_true_is_named(text: str, evidence: str, kind: str):
    assert kind in kinds(text, evidence)


@pytest.mark.parametrize(
    ("text", "evidence", "language"),
    [
        ("Der Riss oben links ist 4,2 mm lang.", FIRST, "de"),
        ("Der Wert 5,25 liegt über dem Grenzwert von 2,5.", "score", "de"),
        ("Das Teil ist nicht in Ordnung.", "verdict", "de"),
        ("Es wurden zwei Stellen gefunden.", "picture", "de"),
        ("왼쪽 위 균열의 길이 4.21 mm.", FIRST, "ko"),
        ("영역 2개가 발견되었습니다.", "picture", "ko"),
    ],
)
def test_other_languages_pass(text: str, evidence: str, language: str):
    assert kinds(text, evidence, language=language) == set()


@pytest.mark.parametrize(
    ("text", "evidence", "language", "kind"),
    [
        ("Der Riss unten rechts ist 4,2 mm lang.", FIRST, "de", "place"),
        ("Der Riss ist 5,9 mm lang.", FIRST, "de", "number"),
        ("Das Teil ist in Ordnung.", "verdict", "de", "verdict"),
        ("Der Grenzwert wird nicht überschritten.", "score", "de", "comparison"),
        ("Es wurden drei Stellen gefunden.", "picture", "de", "count"),
        ("Die Ursache ist ein defekter Ofen.", FIRST, "de", "cause"),
        ("합격입니다.", "verdict", "ko", "verdict"),
        ("오른쪽 아래 균열.", FIRST, "ko", "place"),
        ("길이 9.9 mm.", FIRST, "ko", "number"),
    ],
)
def test_other_languages_are_checked(text: str, evidence: str, language: str, kind: str):
    assert kind in kinds(text, evidence, language=language)


def test_a_name_with_numbers_and_types_is_no_claim():
    facts = Facts(make_record(), names=("Crack tester 9.9 mm OK",))
    assert kinds("Crack tester 9.9 mm OK is rejected.", "verdict", facts=facts) == set()


def test_nothing_found_may_be_said_only_then():
    clean = Facts(make_record((), verdict="ok", score=1.0))
    assert kinds("No defects were found, the part passes.", "verdict", facts=clean) == set()
    assert "type" in kinds("There is a crack.", "picture", facts=clean)


def test_an_unknown_type_stays_unknown():
    facts = Facts(make_record((make_region(type="anomaly"),)))
    assert kinds("Its type is unknown.", FIRST, facts=facts) == set()
    assert "type" in kinds("It is a crack.", FIRST, facts=facts)
    assert "type" in kinds("Its type is unknown.", FIRST)
