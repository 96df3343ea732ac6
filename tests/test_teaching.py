"""The plans for teachers add up and lead to places that exist; the projects grade as they say."""

import json
import re
import subprocess
import sys

import book
import editions
import execution
import pytest
import teaching
from docutils import nodes

TEXT = teaching.TEACHING.read_text(encoding="utf-8")
WHOLE = not editions.left_out()
SHOWN = pytest.mark.skipif(
    "chapters/teaching" not in editions.present(), reason="the page was left out"
)
PROJECTS = execution.ROOT / "projects"
MASTERS = {file.stem: file.read_text(encoding="utf-8") for file in PROJECTS.glob("*.md")}


def section(heading: str) -> str:
    """Return a section of TEACHING.md."""
    return re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)[1]


def first_numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)]


@pytest.mark.parametrize(
    ("heading", "minutes"), [("One lesson of 90 minutes", 90), ("A workshop of one day", 360)]
)
def test_the_minutes_of_a_plan_add_up(heading, minutes):
    assert sum(first_numbers(section(heading))) == minutes


def test_the_course_has_six_weeks_of_90_minutes():
    course = section("A course of six weeks")
    assert first_numbers(course) == 2 * [1, 2, 3, 4, 5, 6]
    assert sum(map(int, re.findall(r"(\d+) minutes: ", course))) == 90


@pytest.mark.skipif(not WHOLE, reason="a page was left out")
def test_a_week_of_the_course_asks_for_at_most_four_hours_of_reading():
    weeks = {plan: pages for plan, pages in teaching.plans().items() if "week" in plan}
    assert len(weeks) == 6
    for plan, pages in weeks.items():
        read = sum(book.reading_minutes(execution.ROOT / f"{page}.md") for page in pages)
        assert read <= 240, plan


def places(page: str) -> set[str]:
    """Name the places of a page that one can link to."""
    text = (execution.ROOT / f"{page}.md").read_text(encoding="utf-8")
    labels = re.findall(r"^\(([\w-]+)\)=|^    name: ([\w-]+)", text, re.MULTILINE)
    headings = re.findall(r"^#+ (.+)", text, re.MULTILINE)
    return {label or name for label, name in labels} | {nodes.make_id(title) for title in headings}


def test_each_link_leads_to_a_place_of_a_page():
    for words, target in teaching.LINK.findall(TEXT):
        file, _, anchor = target.partition("#")
        page = file.removesuffix(".md")
        if "://" in target or page in editions.left_out():
            continue
        assert (execution.ROOT / file).is_file(), target
        assert not anchor or anchor in places(page), f"{words}: {target}"


@SHOWN
def test_the_page_leads_to_the_same_places(html_folder):
    page = (html_folder / "chapters" / "teaching.html").read_text(encoding="utf-8")
    linked = set(re.findall(r'href="([\w/]+)\.html#([\w-]+)"', page.split("<article")[1]))
    asked = {
        (target[len("chapters/") :].split(".md")[0], target.split("#")[1])
        for _, target in teaching.LINK.findall(TEXT)
        if "#" in target and target.split(".md")[0] in editions.present()
    }
    assert asked <= linked
    for name, anchor in asked:
        html = (html_folder / "chapters" / f"{name}.html").read_text(encoding="utf-8")
        assert re.search(rf'id="?{anchor}[" >]', html), f"{name}#{anchor}"


@pytest.mark.skipif(not WHOLE, reason="a page was left out")
def test_there_are_sixty_questions_or_more():
    assert sum(map(len, teaching.asking().values())) >= 60


@pytest.mark.parametrize("page", teaching.asking())
def test_a_question_has_one_right_choice_and_a_reason_for_each(page):
    text = (execution.ROOT / f"{page}.md").read_text(encoding="utf-8")
    found = teaching.questions(page)
    assert len(found) == len(re.findall(r"^```\{question\} ", text, re.MULTILINE))
    choices = [choice for question in found for choice in question.choices]
    assert len(choices) == len(re.findall(r"^- (?:yes|no): ", text, re.MULTILINE))
    for question in found:
        assert "`" not in question.asked, "Markdown ends the line of a fence at a backtick"
        assert [right for right, *_ in question.choices].count(True) == 1
        assert all(len(why.split()) > 2 for *_, why in question.choices)


@pytest.mark.parametrize("page", teaching.asking())
def test_a_page_shows_its_questions(html_folder, page):
    html = (html_folder / f"{page}.html").read_text(encoding="utf-8")
    assert html.count('<div class="question"') == len(teaching.questions(page))


@SHOWN
def test_every_answer_stands_on_the_teacher_s_page(html_folder):
    page = (html_folder / "chapters" / "teaching.html").read_text(encoding="utf-8")
    shown = re.search(r'class="[^"]*question-bank.*', page, re.DOTALL)[0]
    assert shown.count("<dt") == sum(map(len, teaching.asking().values()))


def test_gift_has_a_right_choice_for_each_question():
    blocks = re.findall(r"^::.*?^\}", teaching.gift(), re.MULTILINE | re.DOTALL)
    assert len(blocks) == sum(map(len, teaching.asking().values()))
    for block in blocks:
        assert len(re.findall(r"^=.+#", block, re.MULTILINE)) == 1
        assert len(re.findall(r"^~.+#", block, re.MULTILINE)) >= 2


@pytest.mark.parametrize("name", MASTERS)
def test_a_rubric_gives_twenty_points_and_the_points_of_the_questions(name):
    given = first_numbers(MASTERS[name])
    questions = re.findall(
        r"^# BEGIN QUESTION\nname: \w+\n(?:manual: true\n)?points: (\d+)", MASTERS[name], re.M
    )
    assert sum(given) == sum(map(int, questions)) == 20
    row = re.search(rf"\(projects/{name}\.md\).*\| (\d+), (\d+) \|", TEXT)
    by_hand = re.findall(r"^manual: true\npoints: (\d+)", MASTERS[name], re.M)
    assert (int(row[1]), int(row[2])) == (20 - sum(map(int, by_hand)), sum(map(int, by_hand)))


GRADED = """
import json, pathlib, sys
import grading
student, autograder = grading.build(sys.argv[1], pathlib.Path(sys.argv[2]))
solution = autograder.with_name(student.name)
print(json.dumps([grading.grade(solution, autograder), grading.grade(student, autograder)]))
"""


@pytest.mark.parametrize("name", MASTERS)
def test_the_solution_gets_all_points_and_the_notebook_for_students_few(name, tmp_path):
    ran = subprocess.run(
        [sys.executable, "-c", GRADED, name, str(tmp_path)],
        cwd=execution.ROOT / "_ext",
        capture_output=True,
        text=True,
        check=True,
    )
    solved, begun = json.loads(ran.stdout.strip().splitlines()[-1])
    assert solved["points"] == solved["possible"] >= 14
    assert begun["points"] <= 2 and begun["possible"] == solved["possible"]
    text = (tmp_path / name / "student" / f"{name}.ipynb").read_text(encoding="utf-8")
    assert "SOLUTION" not in text and "grader.check" in text
    hidden = re.findall(r"hidden: true\n.*?\ndef (\w+)\(", MASTERS[name], re.DOTALL)
    assert hidden and not [test for test in hidden if test in text]


ENDLESS = """
import pathlib, sys
import execution, grading, nbformat
execution.CELL_TIMEOUT_SECONDS = 20
file, autograder = grading.build("convolution", pathlib.Path(sys.argv[1]))
notebook = nbformat.read(file, 4)
notebook.cells.insert(0, nbformat.v4.new_code_cell("while True: pass"))
nbformat.write(notebook, file)
grading.grade(file, autograder)
"""


def test_a_notebook_that_never_ends_is_given_up(tmp_path):
    command = [sys.executable, "-c", ENDLESS, str(tmp_path)]
    ran = subprocess.run(command, cwd=execution.ROOT / "_ext", capture_output=True, text=True)
    assert "A cell timed out while it was being executed, after 20 seconds." in ran.stderr
