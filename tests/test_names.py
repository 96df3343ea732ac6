"""The book's names stand in one place, and whoever it was made from is named."""

import re
import subprocess

import execution
import names
import pytest
import yaml

# The article has this title too; what earlier pages offered is kept by the build.
MAY_SAY_IT = {"_config.yml", "_ext/names.py", "chapters/reading.md", "chapters/offered.json"}
FORK = {
    "title": "Pictures: in 90 Minutes",
    "author": "Ada Example",
    "copyright": "2031",
    "licence": "CC BY 4.0",
    "repository": "https://github.com/you/book",
    "address": "https://you.github.io/book/",
    "contact": "ada@example.org",
}


@pytest.mark.parametrize("name", names.KEPT)
def test_what_cannot_read_the_names_is_kept_equal(name):
    assert (execution.ROOT / name).read_text(encoding="utf-8") == names.kept(name), (
        f"_config.yml was changed and {name} was not: run `make format`"
    )


def test_no_other_file_types_the_title_or_the_authors():
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=execution.ROOT, capture_output=True, text=True, check=False
    ).stdout.split("\0")
    if tracked == [""]:
        pytest.skip("this is not a clone")
    here = names.facts()
    for name in {*tracked} - {"", *MAY_SAY_IT, *names.KEPT}:
        file = execution.ROOT / name
        if file.suffix in {".md", ".py", ".yml", ".toml", ".html", ".js", ".css"}:
            if name.startswith("tests/"):
                continue
            text = file.read_text(encoding="utf-8") if file.is_file() else ""
            assert here["title"] not in text and here["author"] not in text, name


def test_a_fork_is_named_and_so_is_what_it_was_made_from():
    read = {name: (execution.ROOT / name).read_text(encoding="utf-8") for name in names.KEPT}
    cited = yaml.safe_load(names.in_citation(read["CITATION.cff"], FORK))
    assert cited["title"] == FORK["title"] and cited["authors"] == [{"name": "Ada Example"}]
    assert cited["repository-code"] == FORK["repository"] and cited["url"] == FORK["address"]
    assert [work["title"] for work in cited["references"]] == [
        book["title"] for book in names.ORIGINS
    ]
    several = names.in_citation(read["CITATION.cff"], FORK | {"author": "Ada, Bob and Cy"})
    assert [one["name"] for one in yaml.safe_load(several)["authors"]] == ["Ada", "Bob", "Cy"]
    held = re.findall(r"Copyright \(c\) (.*)", names.in_licence(read["LICENSE"], FORK))
    assert held[-1] == "2031 Ada Example" and any(names.ORIGINS[0]["author"] in one for one in held)
    assert names.in_heading(read["README.md"], FORK).startswith("# Pictures: in 90 Minutes\n")
    corrected = names.in_licence(
        names.in_licence(read["LICENSE"], FORK), FORK | {"author": "Ada E."}
    )
    assert re.findall(r"Copyright \(c\) (.*)", corrected)[1:] == ["2031 Ada E."]
    assert "write to ada@example.org; what" in names.in_conduct(read["CODE_OF_CONDUCT.md"], FORK)
    for name, write in names.KEPT.items():
        once = write(read[name], FORK)
        assert write(once, FORK) == once, "to write twice is to write once"


def test_the_book_itself_was_made_from_nothing():
    assert names.made_from({**FORK, **names.ORIGINS[0]}) == ""
    assert names.made_from(FORK).startswith("Made from A Simple Guide to")


def test_each_notice_of_the_data_is_among_the_published_licences():
    published = names.all_licences()
    notices = list((execution.ROOT / "cnnbook").rglob("NOTICE.md"))
    assert notices
    for file in (execution.ROOT / "LICENSE", execution.ROOT / "LICENSE-TEXT.md", *notices):
        assert file.read_text(encoding="utf-8") in published


def test_package_citation_and_changelog_have_one_version():
    root = execution.ROOT
    said = {
        "pyproject.toml": r'(?m)^version = "(.+)"',
        "CITATION.cff": r"(?m)^version: (.+)",
        "cnnbook/__init__.py": r'__version__ = "(.+)"',
        "CHANGELOG.md": r"(?m)^## (\d+\.\d+\.\d+)",
    }
    found = {
        name: re.search(pattern, (root / name).read_text(encoding="utf-8"))[1]
        for name, pattern in said.items()
    }
    assert len(set(found.values())) == 1, found
