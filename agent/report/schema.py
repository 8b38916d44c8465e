"""A report as data: every sentence names its evidence, every cause and action its record.

Evidence is a region's id (`r-…`), a record's id (`weld.dent.undercut`), or one of `verdict`, `score`, `picture`,
`confidence`, `history`. Pictures travel beside the JSON as files; in memory they are PNG bytes.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tools.detection.regions import Region

SCHEMA_VERSION = 1
Language = Literal["en", "de", "ko"]
LANGUAGES: tuple[Language, ...] = ("en", "de", "ko")
PictureRole = Literal["photo", "overlay", "crop", "nearest_good", "nearest_defect", "trend"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Sentence(_Frozen):
    """One sentence and what it stands on."""

    text: str
    evidence: tuple[str, ...] = ()
    written_by: str = "template"
    """Name of the writer whose words these are."""
    replaced: str | None = None
    """Why the template took the place of another writer's sentence; None where it did not."""


class Finding(_Frozen):
    """One region in words. `region.id` is the anchor that sentences and pictures point to."""

    region: Region
    type_name: str
    """The type in the report's language; "unknown" where nothing named it."""
    type_source: str
    """What named it: `detector`, `segmenter`, `nearest example`, `blueprint`, `operator`, `nothing`."""
    contrast: float | None = None
    """Mean grey of the region minus that of its surroundings, -1 (black on white) to 1; None where not measured."""
    sentences: tuple[Sentence, ...] = ()


class Advice(_Frozen):
    """A likely cause, a check or an action, with the record it is taken from."""

    kind: Literal["cause", "check", "action"]
    text: str
    record_id: str
    region_ids: tuple[str, ...] = ()
    written_by: str = "template"


class Citation(_Frozen):
    """A record or passage that the report cites."""

    record_id: str
    title: str
    source: str
    text: str
    standards: tuple[str, ...] = ()
    kind: str = "record"


class Neighbour(_Frozen):
    """A known picture that looks alike."""

    kind: Literal["good", "defect"]
    name: str
    label: str | None = None
    distance: float
    """Cosine distance of the embeddings, 0 (the same) to 2."""
    region_id: str | None = None


class Confidence(_Frozen):
    """What was measured about how sure the verdict is; nothing here is a guess."""

    good_as_high: int | None = None
    """Held-out good parts whose score was at least this part's."""
    good_total: int | None = None
    good_share_bound: float | None = None
    """(good_as_high + 1) / (good_total + 1): a valid p-value that the part is good (Vovk et al. 2005)."""
    confirmed: int | None = None
    """Reviewed parts of the same verdict that operators confirmed."""
    reviewed: int | None = None
    promise: str = ""
    """The calibration's own words."""
    guarantee_met: bool | None = None


class ReportPicture(_Frozen):
    """A picture of the report; `png` is in memory only, `file` its name beside the saved JSON."""

    role: PictureRole
    caption: str
    region_id: str | None = None
    width_px: int
    height_px: int
    sha256: str
    file: str | None = None
    png: bytes | None = Field(default=None, exclude=True, repr=False)


class Versions(_Frozen):
    """What made the report, so that it can be made again."""

    product: str
    detector: str = ""
    bundle: str = ""
    knowledge: str = ""
    writer: str = "template"
    model: str | None = None


class Report(_Frozen):
    """One part's report."""

    schema_version: int = Field(default=SCHEMA_VERSION, ge=1, le=SCHEMA_VERSION)
    report_id: str
    """`rep-` and twelve hex digits of photo, verdict and regions: the same inspection gives the same id."""
    part: str
    image_name: str
    image_sha256: str | None
    image_size_px: tuple[int, int] | None
    """Width, height."""
    mm_per_px: float | None = None
    inspected_utc: str = ""
    created_utc: str = ""
    language: Language = "en"
    writer: str = "template"
    verdict: Literal["ok", "review", "ng", "cannot_judge"]
    score: float | None
    score_threshold: float
    score_review: float | None = None
    reasons: tuple[str, ...] = ()
    summary: tuple[Sentence, ...] = ()
    findings: tuple[Finding, ...] = ()
    advice: tuple[Advice, ...] = ()
    citations: tuple[Citation, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    confidence: Confidence = Confidence()
    pictures: tuple[ReportPicture, ...] = ()
    versions: Versions
    notes: tuple[str, ...] = ()
    """What the checker and the writer have to say about the report itself."""

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """Every sentence, in reading order."""
        return (*self.summary, *(sentence for finding in self.findings for sentence in finding.sentences))
