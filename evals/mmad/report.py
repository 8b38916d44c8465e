"""The report of a run as one HTML page that needs nothing else: scores, confusion, a row a category, examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from evals.mmad.layout import DETECTION, SUBTASKS
from evals.mmad.log import answered
from evals.mmad.match import yes_letter
from evals.mmad.score import confusion
from tools.vision.images import write_atomic

EXAMPLES = 3
"""Right and wrong ones shown a subtask."""
_STYLE = """
:root{color-scheme:light dark;--line:#8884;--soft:#8881;--red:#c8102e;--green:#1a7f37}
body{font:15px/1.5 system-ui,sans-serif;max-width:68rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}p.sub{color:#888;margin:.2rem 0 1.2rem}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:.35rem .6rem;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
th:first-child,td:first-child{text-align:left}th{font-weight:600}
.wrap{overflow-x:auto}.tiles{display:flex;flex-wrap:wrap;gap:.8rem}
.tile{background:var(--soft);border-radius:.6rem;padding:.7rem 1rem;min-width:9rem}
.tile b{display:block;font-size:1.4rem}.tile small{color:#888}
.ex{border:1px solid var(--line);border-radius:.6rem;padding:.7rem 1rem;margin:.6rem 0}
.ex .key{color:#888;font-size:.85rem;overflow-wrap:anywhere}
.ex li{list-style:none}.ex ul{margin:.3rem 0;padding:0}.right{color:var(--green);font-weight:600}
.wrong{color:var(--red);font-weight:600}
"""


def write_report(path: Path, summary: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> None:
    """Write the page."""
    title = f"{escape(str(summary.get('set') or 'MMAD'))}: {escape(str(summary.get('answerer')))}"
    body = [
        f"<h1>{title}</h1><p class=sub>{_about(summary)}</p>",
        _tiles(summary),
        "<h2>By subtask</h2>" + _by_subtask(summary),
        "<h2>By data set and subtask (official)</h2>" + _cells(summary),
        "<h2>Detection</h2>" + _confusion(lines),
        "<h2>By category</h2>" + _categories(lines),
        "<h2>Examples</h2>" + _examples(lines),
        _notes(summary),
    ]
    page = (
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{title}</title><style>{_STYLE}</style><main>{''.join(body)}</main></html>"
    )
    write_atomic(path, page.encode())


def percent(value: Any) -> str:
    """A share as a percentage with one decimal; a dash where there is none."""
    return "–" if value is None else f"{100 * float(value):.1f}"


def _about(summary: Mapping[str, Any]) -> str:
    protocol = summary.get("protocol") or {}
    parts = [
        f"condition {summary.get('condition')}",
        f"{summary['n_questions']} questions on {summary['n_images']} images",
        f"{protocol.get('shots', 0)}-shot, {protocol.get('templates', 'random')} templates",
        "cumulative" if protocol.get("cumulative") else "one question at a time",
        "options shuffled" if protocol.get("shuffle") else "options as in the file",
        f"seed {protocol.get('seed', 0)}",
    ]
    return escape("; ".join(parts))


def _tiles(summary: Mapping[str, Any]) -> str:
    shown = []
    for name, note in (
        ("official", "unparsed left out"),
        ("micro", "each question alike"),
        ("strict", "unparsed wrong"),
    ):
        score = summary[name]
        interval = score["interval"]
        spread = f"{percent(interval['low'])} to {percent(interval['high'])}"
        value = f"<b>{percent(score['average'])} %</b>"
        shown.append(f"<div class=tile><small>{name}</small>{value}<small>{spread}; {note}</small></div>")
    for name, note in (("overkill", "good called defective"), ("miss", "defective called good")):
        shown.append(
            f"<div class=tile><small>{name}</small><b>{percent(summary[name])} %</b><small>{note}</small></div>"
        )
    latency = (summary.get("latency_s") or {}).get("mean")
    shown.append(
        f"<div class=tile><small>a question</small><b>{'–' if latency is None else f'{1000 * latency:.0f} ms'}</b>"
        f"<small>cost {summary.get('cost', 0):.4f}; {summary['unparsed']} unparsed</small></div>"
    )
    return f"<div class=tiles>{''.join(shown)}</div>"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th scope=col>{escape(name)}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<div class=wrap><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"


def _by_subtask(summary: Mapping[str, Any]) -> str:
    rows = []
    for name in summary["official"]["by_subtask"]:
        interval = summary["official"]["interval_by_subtask"][name]
        rows.append([
            name,
            *(percent(summary[score]["by_subtask"].get(name)) for score in ("official", "micro", "strict")),
            f"{percent(interval['low'])} to {percent(interval['high'])}",
        ])  # fmt: skip
    return _table(["subtask", "official", "micro", "strict", "95 % interval (official)"], rows)


def _cells(summary: Mapping[str, Any]) -> str:
    cells = summary["official"]["cells"]
    names = list(summary["official"]["by_subtask"])
    rows = [
        [dataset, *(percent(row.get(name)) for name in names), percent(summary["official"]["by_dataset"][dataset])]
        for dataset, row in cells.items()
    ]
    means = summary["official"]
    rows.append(["mean", *(percent(means["by_subtask"][name]) for name in names), percent(means["average"])])
    return _table(["data set", *names, "average"], rows)


def _verdicts(lines: Sequence[Mapping[str, Any]]) -> dict[str, bool]:
    """Image → did the answer say "defective"?"""
    found = {}
    for line in lines:
        if line["subtask"] == DETECTION and line["answer"] is not None:
            letters = yes_letter(line["question"], line["options"])
            if letters is not None and line["answer"] in letters:
                found[str(line["image"])] = line["answer"] == letters[0]
    return found


def _confusion(lines: Sequence[Mapping[str, Any]]) -> str:
    counts = confusion(answered(lines), _verdicts(lines))
    rows = [
        ["good part", str(counts["good_as_good"]), str(counts["good_as_defect"])],
        ["defective part", str(counts["defect_as_good"]), str(counts["defect_as_defect"])],
    ]
    note = f"<p>{counts['unparsed']} without a usable answer.</p>" if counts["unparsed"] else ""
    return _table(["", "called good", "called defective"], rows) + note


def _categories(lines: Sequence[Mapping[str, Any]]) -> str:
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for line in lines:
        groups.setdefault((str(line["dataset"]), str(line["category"])), []).append(line)
    present = [name for name in SUBTASKS if any(line["subtask"] == name for line in lines)]
    rows = []
    for (dataset, category), some in sorted(groups.items()):
        row = [f"{dataset} / {category}", str(len({line["image"] for line in some}))]
        for name in present:
            mine = [bool(line["right"]) for line in some if line["subtask"] == name]
            row.append(percent(sum(mine) / len(mine)) if mine else "–")
        rows.append(row)
    return _table(["category", "images", *present], rows)


def _examples(lines: Sequence[Mapping[str, Any]]) -> str:
    found = []
    for name in SUBTASKS:
        for right in (False, True):
            some = [line for line in lines if line["subtask"] == name and bool(line["right"]) == right][:EXAMPLES]
            found += [_example(line) for line in some]
    return "".join(found)


def _example(line: Mapping[str, Any]) -> str:
    options = []
    for letter, text in line["options"].items():
        mark = "right" if letter == line["correct"] else "wrong" if letter == line["answer"] else ""
        note = " ← answered" if letter == line["answer"] else ""
        options.append(f"<li class='{mark}'>{escape(letter)}. {escape(str(text))}{note}</li>")
    why = f"<p class=key>{escape(str(line.get('why') or line.get('said') or ''))[:300]}</p>"
    return (
        f"<div class=ex><div class=key>{escape(str(line['subtask']))} · {escape(str(line['image']))}</div>"
        f"<div>{escape(str(line['question']))}</div><ul>{''.join(options)}</ul>{why}</div>"
    )


def _notes(summary: Mapping[str, Any]) -> str:
    notes = []
    if missing := summary.get("missing_images"):
        notes.append(f"{len(missing)} images of the question file are not there, such as {missing[0]}.")
    if unusable := summary.get("unusable"):
        notes.append(f"{len(unusable)} entries or questions cannot be asked, such as {unusable[0]}.")
    if empty := summary["official"].get("empty_cells"):
        zero = percent(summary["official"]["average_empty_as_zero"])
        notes.append(f"{empty} cells without questions are left out; with 0 in them the average is {zero} %.")
    notes += [f"{product}: {note}." for product, note in (summary.get("detectors") or {}).items()]
    return "" if not notes else "<h2>Notes</h2><ul>" + "".join(f"<li>{escape(note)}</li>" for note in notes) + "</ul>"
