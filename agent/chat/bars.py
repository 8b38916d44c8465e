"""The progress bar, as HTML."""

from __future__ import annotations

from html import escape


def bar(fraction: float, message: str) -> str:
    """A progress bar."""
    percent = round(100 * fraction)
    return (
        f'<div class="rr-progress" role="progressbar" aria-valuenow="{percent}" aria-valuemin="0" '
        f'aria-valuemax="100" aria-label="Progress"><div class="rr-fill" style="width:{percent}%"></div>'
        f"<span>{escape(message)} · {percent} %</span></div>"
    )
