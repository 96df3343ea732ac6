"""Run the pages and the tests with the oldest and the newest versions that pyproject.toml admits.

    python -m benchmarks.tested.compat [oldest] [newest] [--pages training ... | --tests]

Oldest: the lower bound of everything that pyproject.toml names, on the first Python. Newest: what
can be had today, on the last. Each has a copy of this checkout in ``other/<name>``, in which uv
makes the environment: this needs the network. A page that has run there with the same versions and
code is not run again, so what was stopped goes on. With pages, only these run, and no test; with
--tests, only the tests. A deprecation warning that our own code brings about fails page or test.

The formatter, the lock and the look of the built pages belong to the lock alone: `make test`.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from uv import find_uv_bin

from benchmarks import results

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
RESOLUTION = {"oldest": "lowest-direct", "newest": "highest"}
LEFT_OUT = {"_build", "notebooks", "other", ".venv", ".git", ".hypothesis", ".ruff_cache"}
KEPT = {"_build", "notebooks", ".venv", "requirements.txt"}
# What these state is of the lock, of linters, of workflows, and of the text and outputs of pages.
OF_THE_LOCK = [
    "test_environment", "test_publish", "test_template", "test_notebooks", "test_download",
    "test_glossary", "test_claims", "tested/test_licences",
]  # fmt: skip
OURS_ARE_ERRORS = """import warnings
for kind in (DeprecationWarning, PendingDeprecationWarning, FutureWarning):
    warnings.filterwarnings("error", category=kind, module=r"(cnnbook|__main__)\\b")
"""
OUTPUTS = """import json, platform, execution
told = {execution.chapter_name(page): execution.has_outputs(page) for page in execution.chapters()}
print(json.dumps([platform.python_version(), told]))
"""


def python_of(name: str) -> str:
    """Return the first or the last Python that the book supports."""
    supported = SpecifierSet(PROJECT["requires-python"])
    every = [f"3.{minor}" for minor in range(30) if f"3.{minor}" in supported]
    return every[0 if name == "oldest" else -1]


class Copy:
    """A copy of the checkout with an environment of its own."""

    def __init__(self, name: str):
        self.name, self.folder = name, ROOT / "other" / name
        self.environment = self.folder / ".venv"
        self.bin = self.environment / ("Scripts" if os.name == "nt" else "bin")

    def run(self, *command: str | pathlib.Path, **options) -> subprocess.CompletedProcess:
        """Run a command in the copy, with its programs and modules before all others."""
        paths = [str(self.folder), str(self.folder / "_ext")]
        settings = {
            **os.environ,
            "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join(paths),
            "VIRTUAL_ENV": str(self.environment),
        }
        return subprocess.run(
            [*map(str, command)], cwd=self.folder, env=settings, text=True, **options
        )

    def write(self) -> None:
        """Bring the sources up to date, and leave what was made there."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for old in self.folder.iterdir():
            if old.name not in KEPT:
                shutil.rmtree(old) if old.is_dir() else old.unlink()
        for source in ROOT.iterdir():
            if source.name not in LEFT_OUT | KEPT:
                ignore = shutil.ignore_patterns("__pycache__", "*.egg-info")
                target = self.folder / source.name
                if source.is_dir():
                    shutil.copytree(source, target, ignore=ignore)
                else:
                    shutil.copy2(source, target)
        startup = self.folder / "_build" / ".ipythondir" / "profile_default" / "startup"
        startup.mkdir(parents=True, exist_ok=True)
        (startup / "deprecations.py").write_text(OURS_ARE_ERRORS, encoding="utf-8")

    def install(self) -> None:
        """Make the environment; what was chosen is the copy's lock, which its outputs follow."""
        uv = find_uv_bin()
        there = ("--quiet", "--python", self.environment)
        python = ("--quiet", "--python", python_of(self.name), "--allow-existing", "--no-project")
        self.run(uv, "venv", *python, self.environment, check=True)
        choice = ("--all-extras", "--upgrade", "--resolution", RESOLUTION[self.name])
        written = ("--no-header", "--no-annotate", "--output-file", "requirements.txt")
        chosen = (*choice, *written, "pyproject.toml")
        self.run(uv, "pip", "compile", *there, *chosen, check=True, stdout=subprocess.DEVNULL)
        self.run(uv, "pip", "sync", *there, "requirements.txt", check=True)
        own = ("--no-deps", "--no-build-isolation", "--editable", ".")
        self.run(uv, "pip", "install", *there, *own, check=True)

    def versions(self) -> dict[str, str]:
        """Return the versions of what the package itself needs."""
        lock = (self.folder / "requirements.txt").read_text(encoding="utf-8")
        chosen = dict(re.findall(r"(?m)^([\w.-]+)==(\S+)", lock))
        return {(name := Requirement(line).name): chosen[name] for line in PROJECT["dependencies"]}

    def run_pages(self, pages: list[str]) -> dict[str, str]:
        """Run pages, all if none is named, and return why some failed."""
        log = self.folder / "_build" / "pages.log"
        with log.open("w", encoding="utf-8") as stream:
            self.run("python", "_ext/execution.py", *pages, stdout=stream, stderr=stream)
        said = log.read_text(encoding="utf-8")
        failure = r"(?m)^chapters/(\S+)\.md: FAILED after \d+ s: (.*(?:\n    .*)*)"
        return dict(re.findall(failure, said))

    def outputs(self) -> tuple[str, dict[str, bool]]:
        """Return Python's version, and of each page whether it has run, with present versions."""
        asked = self.run("python", "-c", OUTPUTS, capture_output=True, check=True)
        return tuple(json.loads(asked.stdout))

    def run_tests(self) -> dict:
        """Run the tests that are about the code, and return how many passed, and which did not."""
        report = self.folder / "_build" / "tests.xml"
        report.unlink(missing_ok=True)
        workers = ("--numprocesses", "auto", "--maxprocesses", "4", "--dist", "worksteal")
        ignored = [f"--ignore=tests/{name}.py" for name in OF_THE_LOCK]
        self.run(
            "python", "-m", "pytest", "-q", "-m", "not page", *workers, *ignored,
            f"--junitxml={report}",
        )  # fmt: skip
        cases = list(xml.etree.ElementTree.parse(report).iter("testcase"))
        failed = {
            f"{case.get('classname')}::{case.get('name')}": found.get("message", "").split("\n")[0]
            for case in cases
            for found in [*case.iter("failure"), *case.iter("error")]
        }
        skipped = sum(case.find("skipped") is not None for case in cases)
        passed = len(cases) - skipped - len(failed)
        return {"tests_passed": passed, "tests_skipped": skipped, "tests_failed": failed}


def measure(name: str, asked: argparse.Namespace, before: dict) -> dict:
    """Run pages and tests with one choice of versions, and return its row of the table."""
    copy = Copy(name)
    copy.write()
    copy.install()
    row = {"versions_of": name, "python": copy.outputs()[0], "versions": copy.versions()}
    same = all(before.get(key) == value for key, value in row.items())
    here = {key: results.machine()[key] for key in ("processor", "cores")}
    here["measured_on"] = datetime.date.today().isoformat()
    row = {**(before if same else {}), **row, **here}
    failed = {}
    try:
        failed = {} if asked.tests else copy.run_pages(asked.pages)
        row |= {} if asked.pages else copy.run_tests()
    except KeyboardInterrupt:
        print("Stopped. What has run is kept, and is not run again.", flush=True)
    _, outputs = copy.outputs()
    failed = {**row.get("pages_failed", {}), **failed}
    row["pages_passed"] = sum(outputs.values())
    row["pages_failed"] = {page: why for page, why in failed.items() if not outputs.get(page)}
    row["pages_not_run"] = [
        page for page, there in outputs.items() if not there and page not in failed
    ]
    return row


def stored() -> dict[str, dict]:
    """Return the rows of the table as it is stored."""
    file = results.STORED / "tested" / "compat.json"
    rows = json.loads(file.read_text(encoding="utf-8"))["rows"] if file.is_file() else []
    return {row["versions_of"]: row for row in rows}


def main() -> int:
    """Run the choices asked for, or both, and store the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="oldest, newest")
    parser.add_argument("--pages", nargs="+", default=[], help="run only these, and no test")
    parser.add_argument("--tests", action="store_true", help="run only the tests")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(RESOLUTION):
        parser.error(f"there is oldest and newest, got {', '.join(sorted(unknown))}")
    bad = 0
    for name in asked.names or RESOLUTION:
        row = measure(name, asked, stored().get(name, {}))
        rows = stored() | {name: row}  # the other choice may have been run meanwhile
        results.save("tested/compat", {"rows": [rows[key] for key in RESOLUTION if key in rows]})
        failed = {**row["pages_failed"], **row.get("tests_failed", {})}
        for where, why in failed.items():
            print(f"{name}: {where}: {why}")
        print(f"{name}: {row['pages_passed']} pages passed, {len(failed)} pages and tests failed")
        bad += len(failed) + len(row["pages_not_run"])
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
