"""Write docs/tree.md: every module and the first line of its docstring. `--check` only says if it is up to date."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "tree.md"
HEAD = "# Every file, one line each\n\nWritten by `python runs/tree.py` from the modules' own first lines.\n"


def first_line(path: Path) -> str:
    """The first sentence or line of a module's docstring."""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return docstring.strip().split("\n\n", maxsplit=1)[0].replace("\n", " ").strip()


def tracked() -> list[str]:
    """The modules that git knows, outside tests."""
    listed = subprocess.check_output(["git", "ls-files", "*.py"], cwd=ROOT, text=True).splitlines()
    return sorted(name for name in listed if name.split("/")[0] in ("agent", "tools", "knowledge", "evals"))


def render() -> str:
    """The whole page."""
    lines, folder = [HEAD], ""
    for name in tracked():
        path = ROOT / name
        if not path.exists():
            continue
        here = str(Path(name).parent)
        if here != folder:
            folder = here
            lines.append(f"\n## {folder}/\n")
        text = first_line(path)
        if path.name == "__init__.py":
            lines.append(f"{text}\n")
        else:
            lines.append(f"- `{path.name}`: {text}")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write or check."""
    page = render()
    if "--check" in sys.argv:
        return 0 if TARGET.exists() and TARGET.read_text(encoding="utf-8") == page else 1
    TARGET.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
