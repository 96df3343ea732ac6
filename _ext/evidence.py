"""The tables of "How this book is tested", each from what ``benchmarks/tested`` stored."""

from __future__ import annotations

import collections
import json
import re
from collections.abc import Iterable

import execution
import policy
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

STORED = execution.ROOT / "benchmarks" / "tested"


def markdown(heads: Iterable, rows: Iterable[Iterable]) -> list[str]:
    """Write a table."""
    lines = [heads, ["---" for _ in heads], *rows]
    told = ([str(cell).replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines)
    return [f"| {' | '.join(line)} |" for line in told]


def code(text: str) -> str:
    """Write code that may hold backticks."""
    return f"`` {text} ``" if text else ""


def percent(share: float) -> str:
    """Write a small share."""
    return f"{100 * share:.1g} %"


def compat(facts: dict) -> list[str]:
    """Show a column for each choice of versions."""
    rows = facts["rows"]
    libraries = {name: [row["versions"][name] for row in rows] for name in rows[0]["versions"]}
    counts = {
        "pages that ran": [row["pages_passed"] for row in rows],
        "pages that failed": [len(row["pages_failed"]) for row in rows],
        "pages not run": [len(row["pages_not_run"]) for row in rows],
        "tests passed": [row.get("tests_passed", "not run") for row in rows],
        "tests failed": [len(row["tests_failed"]) if "tests_failed" in row else "" for row in rows],
    }
    table = {"Python": [row["python"] for row in rows], **libraries, **counts}
    return markdown(
        ["what", *(row["versions_of"] for row in rows)],
        ([name, *row] for name, row in table.items()),
    )


def repeated(facts: dict) -> list[str]:
    """Count what two executions have in common, and list what differs."""
    pages = facts["pages"]
    marked = sum(bool(each["why"]) for each in pages["differ"])
    other = [each for each in pages["differ"] if not each["why"]]
    counts = {
        "pages": pages["pages"],
        "pages not compared": len(pages["not_compared"]),
        "outputs": pages["outputs"],
        "figures among them": pages["figures"],
        "outputs that differ in what was measured": marked,
        "other outputs that differ": len(other),
    }
    told = [f"- {each['page']}, cell {each['cell']}: {code(each['is'])}" for each in other]
    return [*markdown(["compared", "count"], counts.items()), "", *told]


def determinism(facts: dict) -> list[str]:
    """Show how far each setting takes a training from the first one."""
    first = facts["rows"][0]["runs"]
    rows = [
        [row["setting"], f"{row['loss_apart']:.2g}", f"{100 * row['accuracy_apart']:.2g}"]
        for row in facts["rows"][1:]
    ]
    apart = {key: [run[key] for run in first] for key in ("loss", "accuracy")}
    loss, accuracy = (max(values) - min(values) for values in apart.values())
    rows.append(
        [f"{len(first)} seeds, largest and smallest", f"{loss:.2g}", f"{100 * accuracy:.2g}"]
    )
    heads = ["beside one thread", "loss apart, at most", "accuracy apart, at most, in points"]
    return markdown(heads, rows)


def margins(facts: dict) -> list[str]:
    """Count the conditions, and show the one that is nearest to failing."""
    rows = facts["rows"]
    vary = [each for row in rows for each in row["by_chance"]]
    nearest = max(vary, key=lambda each: each["fails_at_most"])
    counts = {
        "pages": f"{len(rows)} of {len(execution.chapters())}",
        "conditions of their sentences": sum(row["conditions"] for row in rows),
        "of these false with some seed": sum(len(row["failed"]) for row in rows),
        "inequalities that seeds move": len(vary),
        f"the nearest to failing, {code(nearest['condition'])}, fails in runs, at most":
            percent(nearest["fails_at_most"]),
    }  # fmt: skip
    return markdown(["asked", "count"], counts.items())


def each_margin(facts: dict) -> list[str]:
    """Show each page whose conditions a seed moves, and which of them is nearest to failing."""
    rows = []
    for row in facts["rows"]:
        if row["by_chance"]:
            nearest = max(row["by_chance"], key=lambda each: each["fails_at_most"])
            left, chance = min(nearest["left"]), nearest["fails_at_most"]
            told = [code(nearest["condition"]), f"{left:.3g}", percent(chance)]
            rows.append([row["page"], len(row["by_chance"]), *told])
    heads = ["page", "moved by seeds", "nearest to failing", "least that was left"]
    return markdown([*heads, "fails, at most, in this share of runs"], rows)


def faults(facts: dict) -> list[str]:
    """Count how faults ended."""
    told = collections.defaultdict(list)
    for row in facts["rows"]:
        if not row.get("tried", True):
            end = "not tried on this system"
        elif not (row["as_it_must"] and row["next_run_clean"]):
            end = "not as it must be"
        elif row["said"]:
            end = "refused with a sentence; the next run is clean"
        elif set(row["exit"]) == {0} and row["fault"].startswith(("Ctrl-C", "killed")):
            end = "had ended before it was to be stopped"
        elif set(row["exit"]) == {0}:
            end = "built, as if nothing had happened"
        else:
            end = "stopped; the next run is clean"
        told[end].append(row["fault"])
    return markdown(["outcome", "faults"], ((end, len(names)) for end, names in told.items()))


def each_fault(facts: dict) -> list[str]:
    """Show what each fault did."""
    rows = []
    for row in facts["rows"]:
        if row.get("tried", True):
            count = collections.Counter(map(str, row["exit"]))
            ends = ", ".join(f"{end} ({n} times)" if n > 1 else end for end, n in count.items())
            rows.append([row["fault"], ends, code(row["said"])])
    return markdown(["fault", "exit codes", "what it says"], rows)


def killed_and_unseen(row: dict) -> tuple[int, int]:
    """Count a module's mutants that tests kill, and those that compute something else and live."""
    unseen = [why for _, why in row["survivors"] if why.startswith("No test")]
    return row["killed"], len(unseen)


HOW_MANY = ["mutants", "tried", "killed", "equivalent", "not seen by a test"]


def counted(row: dict) -> list[int]:
    """Count a module's mutants: `HOW_MANY`."""
    killed, unseen = killed_and_unseen(row)
    return [row["mutants"], row["tried"], killed, row["tried"] - killed - unseen, unseen]


def mutants(facts: dict) -> list[str]:
    """Count the mutants of all modules."""
    sums = map(sum, zip(*map(counted, facts["rows"]), strict=True))
    table = markdown(["in all modules", "count"], zip(HOW_MANY, sums, strict=True))
    return [*table, "", f"The sample is that of `make mutants SEED={facts['seed']}`."]


def each_module(facts: dict) -> list[str]:
    """Show how many mutants of each module were killed."""
    rows = ([row["name"], *counted(row)] for row in facts["rows"])
    return markdown(["module", *HOW_MANY], rows)


def survivors(facts: dict) -> list[str]:
    """Show which mutants live, and why."""
    rows = [
        [row["name"], code(change), why]
        for row in facts["rows"]
        for change, why in row["survivors"]
    ]
    return markdown(["module", "a mutant that lives", "because"], rows)


def browsers(facts: dict) -> list[str]:
    """Show what was tried in which engine."""
    number = re.compile(r"\d+(\.[1-9]\d*)?")
    engines = {engine: number.search(told)[0] for engine, told in facts["versions"].items()}
    heads = ["tried", *map(" ".join, engines.items())]
    return markdown(heads, ([r["tried"], *(r.get(e, "") for e in engines)] for r in facts["rows"]))


def safari(facts: dict) -> list[str]:
    """Show what the pages use that Safari has only since some version."""
    rows = [[row["used"], row["since"], row["outcome"]] for row in facts["safari"]]
    return markdown(["used", "Safari has it since", "outcome"], rows)


def licences(facts: dict) -> list[str]:
    """Count the packages of each licence."""
    named = collections.defaultdict(list)
    for row in facts["rows"]:
        named[row["licence"]].append(row["package"])
    rows = sorted(named.items(), key=lambda entry: (-len(entry[1]), entry[0]))
    return markdown(["licence", "packages", "which"], ([k, len(v), ", ".join(v)] for k, v in rows))


# What a table is made of, where that has another name.
FILES = {
    "repeated": "determinism",
    "each_fault": "faults",
    "each_margin": "margins",
    "each_module": "mutants",
    "survivors": "mutants",
    "safari": "browsers",
}
TABLES = [
    compat, repeated, determinism, margins, each_margin, faults, each_fault, mutants, each_module,
    survivors, browsers, safari, licences,
]  # fmt: skip


class Tested(SphinxDirective):
    """``{tested} faults``: the table of that name; ``policy``: what a page may do."""

    required_arguments = 1

    def run(self):
        """Write the table, and below it where and when it was measured."""
        (name,) = self.arguments
        if name == "policy":
            text = policy.POLICY.format(scripts=" 'sha256-...'", styles="").replace("; ", ";\n")
            return [nodes.literal_block(text, text, language="text")]
        file = STORED / f"{FILES.get(name, name)}.json"
        self.env.note_dependency(str(file))
        facts = json.loads(file.read_text(encoding="utf-8"))
        lines = {table.__name__: table for table in TABLES}[name](facts)
        here = facts["machine"]
        where = f"{here['processor']}, {here['cores']} cores, {here['system']}"
        lines += ["", f"*{where}, {facts['measured_on']}.*"]
        holder = nodes.container()
        source = StringList(lines, source=self.env.docname)
        self.state.nested_parse(source, self.content_offset, holder)
        return holder.children


def setup(app: Sphinx) -> dict:
    """Register the directive."""
    app.add_directive("tested", Tested)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
