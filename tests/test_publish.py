"""What a fork gets without doing more than setting its address: workflows, machines, notebooks."""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import types

import execution
import nbformat
import publish
import pytest
import repository
import yaml
from packaging.specifiers import SpecifierSet
from test_environment import PROJECT, WITHOUT_MAKE

ROOT = execution.ROOT
URL = "https://github.com/you/book"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TARGETS = re.findall(r"(?m)^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"))
SCHEMAS = {
    "github-workflows": WORKFLOWS,
    "dependabot": [ROOT / ".github" / "dependabot.yml"],
    "github-issue-forms": sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("[!c]*.yml")),
    "gitlab-ci": [ROOT / ".gitlab-ci.yml"],
    "citation-file-format": [ROOT / "CITATION.cff"],
}


def read(file: pathlib.Path) -> dict:
    return yaml.load(file.read_text(encoding="utf-8"), yaml.BaseLoader)  # `on` is a word here


def commands(file: pathlib.Path) -> list[str]:
    """Return the lines that a pipeline types."""
    jobs = read(file)
    scripts = [job.get("script", []) for job in jobs.values() if isinstance(job, dict)]
    for job in jobs.get("jobs", {}).values():
        scripts += [step.get("run", "") for step in job["steps"]]
    lines = [script if isinstance(script, list) else script.splitlines() for script in scripts]
    return [line.strip() for part in lines for line in part]


def tool(name: str) -> str:
    """Find a linter that the environment may have."""
    found = shutil.which(name, path=str(pathlib.Path(sys.executable).parent)) or shutil.which(name)
    return found or pytest.skip(f"{name} is not installed")


@pytest.mark.parametrize("schema", SCHEMAS)
def test_each_file_for_a_host_is_what_the_host_reads(schema):
    command = [tool("check-jsonschema"), "--builtin-schema", f"vendor.{schema}"]
    if schema == "gitlab-ci":
        command += ["--data-transform", "gitlab-ci"]
    result = subprocess.run(
        [*command, *map(str, SCHEMAS[schema])], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("linter", [["actionlint"], ["zizmor", "--offline", "--quiet"]])
def test_the_linters_find_nothing_in_the_workflows(linter):
    name, *options = linter
    command = [tool(name), *options, *map(str, WORKFLOWS)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_action_is_pinned_to_a_commit():
    for file in WORKFLOWS:
        for used in re.findall(r"uses: (.+)", file.read_text(encoding="utf-8")):
            assert re.fullmatch(r"[\w-]+/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", used), used


def test_three_systems_run_the_oldest_and_the_newest_python_that_build_the_book():
    jobs = read(ROOT / ".github" / "workflows" / "book.yml")["jobs"]
    matrix = jobs["elsewhere"]["strategy"]["matrix"]
    asked = (ROOT / "Makefile").read_text(encoding="utf-8")
    first, last = re.search(r"needs Python (3\.\d+) to (3\.\d+)", asked).groups()
    assert f"Python {first} to {last}" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert matrix["python"] == [first, last]
    assert [system.split("-")[0] for system in matrix["system"]] == ["ubuntu", "macos", "windows"]
    left_out = [{"system": "ubuntu-24.04", "python": last}]
    assert matrix["exclude"] == left_out, "this one is the job whose pages are published"
    assert jobs["book"]["runs-on"] == left_out[0]["system"]
    assert jobs["book"]["steps"][1]["with"]["python-version"] == last
    gitlab = read(ROOT / ".gitlab-ci.yml")
    assert gitlab["oldest"]["image"] == f"python:{first}"
    assert gitlab["book"]["image"] == f"python:{last}"


@pytest.mark.parametrize("file", [*WORKFLOWS, ROOT / ".gitlab-ci.yml"], ids=lambda file: file.name)
def test_a_pipeline_types_what_the_readme_does(file):
    typed = "\n".join(commands(file))
    for target in re.findall(r"\bmake ([a-z]+)", typed):
        assert target in TARGETS, target
    if "pip install" in typed:
        without_make = [line for line in WITHOUT_MAKE if line.startswith(("pip", "python -m venv"))]
        assert [line for line in without_make if line not in typed] == []


def test_the_development_container_makes_the_environment_of_the_book():
    text = (ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8")
    container = json.loads(re.sub(r"(?m)^\s*//.*$", "", text))
    version = re.fullmatch(r"mcr\.microsoft\.com/devcontainers/python:(3\.\d+)-\w+",
                           container["image"])[1]  # fmt: skip
    assert version in SpecifierSet(PROJECT["requires-python"])
    assert container["updateContentCommand"] == "make .venv/installed"
    assert "chromium" in container["onCreateCommand"]


def test_binder_reads_its_folder():
    """As repo2docker does: `runtime.txt` chooses Python, `postBuild` runs from the root."""
    binder = ROOT / ".binder"
    others = {"binder", "Dockerfile", "environment.yml", "apt.txt", "Pipfile"}
    assert not others & {file.name for file in (*ROOT.iterdir(), *binder.iterdir())}
    assert (binder / "postBuild").read_bytes().startswith(b"#!/bin/bash\n")
    assert b"\r" not in (binder / "postBuild").read_bytes()


@pytest.mark.parametrize(
    ("url", "places", "edit"),
    [
        (URL, ["Colab", "Kaggle", "Binder"], f"{URL}/edit/main/chapters/a/b.md"),
        (
            "https://gitlab.com/school/physics/book.git",
            ["Binder"],
            "https://gitlab.com/school/physics/book/-/edit/main/chapters/a/b.md",
        ),
        (
            "https://gitlab.example.edu/you/book/",
            [],
            "https://gitlab.example.edu/you/book/-/edit/main/chapters/a/b.md",
        ),
    ],
)
def test_the_buttons_lead_to_the_branch_of_notebooks_and_to_the_source(url, places, edit):
    launched = repository.launches(url, "chapters/a/b")
    assert list(launched) == places
    for place, address in launched.items():
        file = "chapters%2Fa%2Fb.ipynb" if place == "Binder" else "chapters/a/b.ipynb"
        assert "notebooks" in address and address.endswith(file)
    to_source = repository.source(url, "main", "chapters/a/b", "chapters/a/b.md")
    assert to_source["Suggest an edit"] == edit
    assert list(repository.source(url, "main", "genindex", None)) == ["Report a problem"]


@pytest.mark.parametrize("url", ["you/book", "https://github.com/you", "http://github.com/you/b"])
def test_an_address_that_no_button_could_lead_to_is_refused(url):
    with pytest.raises(ValueError, match="wants the address of a repository"):
        repository.launches(url, "page")


@pytest.mark.parametrize(
    ("url", "tags", "menus"), [("", [], 0), (URL, [], 1), (URL, ["student"], 0)]
)
def test_buttons_need_an_address_and_lead_no_student_to_solutions(url, tags, menus):
    tags = types.SimpleNamespace(has=tags.__contains__)
    config = types.SimpleNamespace(html_theme_options={"repository_url": url})
    app, context = types.SimpleNamespace(config=config, tags=tags), {"header_buttons": []}
    repository.add_buttons(app, "genindex", "genindex.html", context, None)
    assert len(context["header_buttons"]) == menus


@pytest.fixture
def fork(tmp_path, monkeypatch):
    """A fork with an address, built without its pages: two files of code, one notebook."""
    shutil.copy(ROOT / "requirements.txt", tmp_path)
    config = (ROOT / "_config.yml").read_text(encoding="utf-8")
    config = re.sub(r"(?m)^(  url:) .*", rf"\1 {URL}", config)
    (tmp_path / "_config.yml").write_text(config, encoding="utf-8")
    html = tmp_path / "_build" / "html"
    (html / "_sources" / "chapters").mkdir(parents=True)
    (html / "index.html").touch()
    (html / "_sources" / "chapters" / "one.md").touch()
    nbformat.write(nbformat.v4.new_notebook(), html / "_sources" / "chapters" / "one.ipynb")
    monkeypatch.setattr(execution, "ROOT", tmp_path)
    monkeypatch.setattr(publish.names.all_licences, "__defaults__", (tmp_path,))
    monkeypatch.setattr(publish.names.facts, "__defaults__", (tmp_path,))
    monkeypatch.setenv("CI_COMMIT_SHA", "a" * 40)
    return html


def test_the_branch_has_the_notebooks_and_what_binder_installs(fork, tmp_path):
    branch = tmp_path / "branch"
    publish.write_branch(fork, branch)
    files = {file.relative_to(branch).as_posix() for file in branch.rglob("*") if file.is_file()}
    binder = {f".binder/{name}.txt" for name in ("constraints", "requirements", "runtime")}
    assert files == {"chapters/one.ipynb", "README.md", "licences.txt", *binder}
    wanted = (branch / ".binder" / "requirements.txt").read_text().splitlines()
    assert wanted == ["-c constraints.txt", f"cnnbook @ git+{URL}@{'a' * 40}"]
    pinned = (branch / ".binder" / "constraints.txt").read_text()
    assert "--hash" not in pinned and re.search(r"(?m)^numpy==[\d.]+", pinned)


def test_without_an_address_there_is_no_branch(fork, tmp_path):
    config = tmp_path / "_config.yml"
    config.write_text(config.read_text(encoding="utf-8").replace(URL, '""'), encoding="utf-8")
    with pytest.raises(SystemExit, match=r"repository.url in _config.yml is empty"):
        publish.write_branch(fork, tmp_path / "branch")


def test_a_reviewer_sees_which_pages_have_changed(tmp_path):
    page = "<nav>{nav}</nav><article><h1>{title}#</h1><p>{words}</p><img src={image}></article>"

    def build(name: str, **pages: dict) -> dict:
        for stem, told in pages.items():
            file = tmp_path / name / "chapters" / f"{stem}.html"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(page.format(**{"nav": name, "image": "a", "words": "w", **told}))
        return publish.pages(tmp_path / name)

    old = build("old", same={"title": "Same"}, text={"title": "T"}, draw={"title": "D"},
                gone={"title": "G"})  # fmt: skip
    new = build("new", same={"title": "Same"}, text={"title": "T", "words": "v"},
                draw={"title": "D", "image": "b"}, fresh={"title": "N"})  # fmt: skip
    assert publish.changed(old, new).splitlines()[2:] == [
        "- new: N (`chapters/fresh.html`)",
        "- gone: G (`chapters/gone.html`)",
        "- figures or links: D (`chapters/draw.html`)",
        "- words: T (`chapters/text.html`)",
    ]
    assert publish.changed(old, old).endswith("No page has changed.")
