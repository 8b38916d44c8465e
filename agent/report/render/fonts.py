"""Fonts for PDF: DejaVu, which comes with matplotlib, and a Korean one where the machine has one."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

KOREAN_PACKAGES = (
    ("koreanize_matplotlib", "fonts/NanumGothic.ttf", "fonts/NanumGothicBold.ttf"),
    ("pylopdf_fonts_ko", "NotoSansKR-Regular.otf", "NotoSansKR-Regular.otf"),
)
"""Packages of pip that hold a Korean font under the SIL Open Font License: regular and bold file."""
KOREAN_FILES = (
    "NanumGothic.ttf",
    "NanumBarunGothic.ttf",
    "malgun.ttf",
    "NotoSansKR-Regular.otf",
    "NotoSansKR-Regular.ttf",
)
SYSTEM_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts", "C:/Windows/Fonts")


def latin_fonts() -> tuple[Path, Path]:
    """DejaVu Sans, regular and bold."""
    spec = find_spec("matplotlib")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"
    return folder / "DejaVuSans.ttf", folder / "DejaVuSans-Bold.ttf"


@lru_cache(maxsize=1)
def korean_fonts() -> tuple[Path, Path] | None:
    """A Korean font, regular and bold, from a pip package or the system; None where there is none."""
    for package, regular, bold in KOREAN_PACKAGES:
        spec = find_spec(package)
        if spec is not None and spec.origin is not None:
            folder = Path(spec.origin).parent
            if (folder / regular).is_file():
                return folder / regular, folder / bold
    for root in SYSTEM_FOLDERS:
        for name in KOREAN_FILES:
            found = next(Path(root).rglob(name), None) if Path(root).is_dir() else None
            if found is not None:
                return found, found
    return None
