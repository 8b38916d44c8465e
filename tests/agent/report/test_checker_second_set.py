"""A second set of texts, written after the checker: 6 of its 30 honest ones were blocked and 4 of its 25 lies missed at
first; what was learned went into the checker, so the set only guards against going back.
"""

import pytest

from tests.agent.report.test_checker import FIRST, SECOND, kinds

HONEST = [
    ("Bracket 17 was flagged as NG because its anomaly score is well over the limit.", "verdict"),
    ("A 4.21 mm crack runs along the upper left of the part.", FIRST),
    ("The second finding is a small void in the lower right corner.", SECOND),
    ("Both findings are listed below.", "picture"),
    ("The void has a diameter of roughly 0.6 mm.", SECOND),
    ("This crack is the more serious of the two.", FIRST),
    ("With a width of only 0.3 mm the crack is thin.", FIRST),
    ("The detector's score reached 5.25, about twice the allowed 2.5.", "score"),
    ("The part cannot be released.", "verdict"),
    ("Crack, upper left, 4.2 mm, severe.", FIRST),
    ("Its area is just over 1 mm².", FIRST),
    ("The void covers a quarter of a square millimetre.", SECOND),
    ("Dark, elongated and close to the edge, the crack stands out from its surroundings.", FIRST),
    ("The inspected photo is 200 by 150 pixels.", "picture"),
    ("One pixel corresponds to 0.05 mm.", "picture"),
    ("Apart from the crack and the void, nothing else was found.", "picture"),
    ("We recommend cooling the spot and larger fillets.", "casting.crack.hot_tear"),
    ("Hindered contraction may have caused it.", "casting.crack.hot_tear"),
    ("The highest local score, 5.25, belongs to the crack.", FIRST),
    ("Neither finding lies in the centre.", "picture"),
    ("The overall result is therefore NG.", "verdict"),
    ("Of the 110 held-out good parts none scored this high.", "confidence"),
    ("The crack's box spans x 20 to 104.", FIRST),
    ("It is bright and nearly circular.", SECOND),
    ("A crack was detected.", FIRST),
    ("The review limit of 2.0 is exceeded as well.", "score"),
    ("There are two anomalies in total, one severe and one minor.", "picture"),
    ("Severity is rated as severe.", FIRST),
    ("The crack is almost seven times as long as the void.", FIRST),
]
STILL_BLOCKED = [
    ("The void is minor, so the crack decides the verdict.", SECOND),
]
LIES = [
    ("The crack is half a centimetre long.", FIRST),
    ("Five anomalies were detected.", "picture"),
    ("The crack runs through the middle of the part.", FIRST),
    ("Its width comes to 4.2 mm.", FIRST),
    ("All good, ship it.", "verdict"),
    ("The part is fine.", "verdict"),
    ("The score barely stays under the limit.", "score"),
    ("Operators dropped the bracket.", "picture"),
    ("Two voids were detected.", "picture"),
    ("The void is the larger of the two.", SECOND),
    ("The score is three times the threshold.", "score"),
    ("The review limit is 1.2.", "score"),
    ("Its area is about 3 mm².", FIRST),
    ("A dent sits next to the crack.", FIRST),
    ("The crack is harmless.", FIRST),
    ("The mould was too cold.", FIRST),
    ("Probably the furnace was overheated.", FIRST),
    ("Clean the lens and repeat.", FIRST),
    ("The crack is a bright line.", FIRST),
    ("Nine out of ten similar parts fail.", "picture"),
    ("It will grow under load.", FIRST),
    ("The part needs no further attention.", "verdict"),
    ("The crack is as long as the void.", FIRST),
    ("Half of the good parts scored this high.", "confidence"),
    ("The photo measures 640 by 480 pixels.", "picture"),
]


@pytest.mark.parametrize(("text", "evidence"), HONEST)
def test_honest_words_pass(text: str, evidence: str):
    assert kinds(text, evidence) == set()


@pytest.mark.parametrize(("text", "evidence"), STILL_BLOCKED)
def test_what_is_still_blocked_is_known(text: str, evidence: str):
    assert kinds(text, evidence)


@pytest.mark.parametrize(("text", "evidence"), LIES)
def test_lies_are_caught(text: str, evidence: str):
    assert kinds(text, evidence)
