"""Which question about a report a sentence asks: why this type, what to check, how it compares with earlier.

Only patterns, so that the chat can tell without loading what answers.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Literal

Kind = Literal["why", "check", "compare"]
_WHY = re.compile(
    r"\bwhy\b|\bhow (?:do|can) you (?:know|tell)\b|\bwhat makes\b|\bwarum\b|\bwieso\b|\bwoher wei|왜", re.I
)
_CALLED = re.compile(
    r"\b(?:is|are|was|were) (?:this|it|that|these|(?:the )?(?:finding|region|defect|spot|mark)s?(?: ?#?\d+)?|"
    r"#\d+|r-[0-9a-f]{10}) "
    r"(?:an?|called|named|classified|not an?)\b|\bcall(?:ed)? (?:it|this|that)\b|"
    r"\b(?:ist|sind|war) (?:das|dies\w*|es|er|sie|(?:der )?befund(?: ?\d+)?) (?:hier )?(?:eine?n?|kein\w*)\b|"
    r"\bheißt (?:das|es|dies\w*|der)\b|\bnenn\w+ (?:du|sie|ihr) (?:das|es)\b|입니까|인가",
    re.I,
)
_THIS = re.compile(r"\b(?:this|it|that|these|finding|das|dies\w*|befund)\b|이것", re.I)
_AND_NOT = re.compile(r"\b(?:and not|not an?|rather than|instead of|und (?:kein|nicht)\w*|statt)\b|아니", re.I)
_CHECK = re.compile(
    r"\b(?:what|which|where|how|anything)\b.{0,40}\b(?:check|look at|look for|fix|adjust|repair|"
    r"do (?:about|now|next|on)|change|clean|machine|process)\b|"
    r"\b(?:was|wo|woran|welche\w*|wie)\b.{0,40}"
    r"\b(?:prüfen|nachsehen|kontrollieren|tun|einstellen|maschine|anlage|beheben)\b|"
    r"(?:무엇|뭘|어디).{0,20}(?:점검|확인|조치)",
    re.I,
)
_ON_THE_LINE = re.compile(
    r"\b(?:machine|line|process|tool|equipment|maschine|anlage|prozess|linie)\b|기계|설비|공정", re.I
)
_EARLIER = re.compile(
    r"\b(?:last (?:week|shift|batch|month|time|days)|yesterday(?:'s)?|previous (?:shift|batch|week)|earlier|"
    r"than before|trend|getting (?:worse|better)|"
    r"letzte[rnms]? (?:woche|schicht|charge|monat|tage\w*)|gestern|gestrige\w*|vorwoche|vorige[rnms]?|früher|trend|"
    r"schlechter geworden|besser geworden)\b|지난|어제|추세",
    re.I,
)
_COMPARE = re.compile(
    r"\b(?:compar\w+|versus|vs|against|trend|worse|better|more|fewer|difference|vergl\w+|gegenüber|schlechter|besser|mehr|"
    r"weniger|unterschied)\b|비교|추세",
    re.I,
)


def kind_of(question: str) -> Kind | None:
    """What a question asks of a report; None where it is none of the three.

    "Why do cracks form?" is about cracks in general, "why is this a crack?" is about the report.
    """
    if _EARLIER.search(question) and _COMPARE.search(question):
        return "compare"
    if _WHY.search(question) and (_AND_NOT.search(question) or _CALLED.search(question)):
        return "why"
    if _CHECK.search(question) and (_ON_THE_LINE.search(question) or _THIS.search(question)):
        return "check"
    return None


def period(question: str, now: datetime) -> tuple[datetime, datetime]:
    """The time that a comparison is with, start and end: yesterday, last week (Monday to Sunday), last month, else all
    of before."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    monday = today - timedelta(days=today.weekday())
    if re.search(r"\byesterday|\bgestern|\bgestrige|어제", question, re.I):
        return today - timedelta(days=1), today
    if re.search(r"\b(?:last|previous) week|letzte\w* woche|vorwoche|지난 ?주", question, re.I):
        return monday - timedelta(days=7), monday
    if re.search(r"\b(?:last|previous) month|letzte\w* monat|vormonat|지난 ?달", question, re.I):
        first = today.replace(day=1)
        return (first - timedelta(days=1)).replace(day=1), first
    return datetime.min.replace(tzinfo=UTC), now
