"""What a teacher needs: TEACHING.md as a page, what its plans ask for, and the pages' questions.

``python _ext/teaching.py`` prints the questions in GIFT, the format of questions of Moodle.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple

import book
import editions
import execution
import guide
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

TEACHING = execution.ROOT / "TEACHING.md"
LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
QUESTION = re.compile(r"^```\{question\} (.+?)\n(.+?)^```$", re.MULTILINE | re.DOTALL)
CHOICE = re.compile(r"^- (yes|no): +(.+?)\n((?: +.+\n)+)", re.MULTILINE)


class Question(NamedTuple):
    """What is asked, and for each choice whether it is right, its words and why."""

    asked: str
    choices: list[tuple[bool, str, str]]


def questions(page: str) -> list[Question]:
    """Collect the questions of a page, such as ``chapters/loss``, in their order."""
    text = (execution.ROOT / f"{page}.md").read_text(encoding="utf-8")
    return [
        Question(asked, [(verdict == "yes", choice, " ".join(why.split()))
                         for verdict, choice, why in CHOICE.findall(choices)])
        for asked, choices in QUESTION.findall(text)
    ]  # fmt: skip


def asking() -> dict[str, list[Question]]:
    """Return the questions of all pages of this edition, in the order of its contents."""
    return {page: found for page in editions.present() if (found := questions(page))}


def gift() -> str:
    """Write the questions in GIFT: a right choice begins with =, a wrong one with ~."""

    def plain(text: str) -> str:
        text = re.sub(r"\{[\w:]+\}`([^`<]+?)(?: <[^`]*>)?`", r"\1", text)
        return re.sub(r"([\\~=#{}:])", r"\\\1", text)

    lines = []
    for page, found in asking().items():
        lines += [f"$CATEGORY: {page.removeprefix('chapters/')}", ""]
        for number, question in enumerate(found, 1):
            title = f"{page.rsplit('/')[-1]} {number}"
            lines.append(f"::{title}::[markdown]{plain(question.asked)} {{")
            for right, choice, why in question.choices:
                lines.append(f"{'=' if right else '~'}{plain(choice)}#{plain(why)}")
            lines += ["}", ""]
    return "\n".join(lines)


def plans() -> dict[str, list[str]]:
    """Return the pages that each plan of TEACHING.md uses, a week of the course at a time."""
    found: dict[str, list[str]] = {}
    heading = ""
    for line in TEACHING.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        first = re.match(r"\| (\d+) \|", line)
        if first and heading.startswith(("One lesson", "A workshop", "A course")):
            plan = heading + (f", week {first[1]}" if heading.startswith("A course") else "")
            for _, target in LINK.findall(line):
                page = target.partition("#")[0].removesuffix(".md")
                if page in editions.present() and page not in found.setdefault(plan, []):
                    found[plan].append(page)
    return found


class Needs(SphinxDirective):
    """``{needs}``: how long the pages of each plan take to read and to run, as measured."""

    def run(self):
        """Add up the pages of each plan."""
        self.env.note_dependency(str(TEACHING))
        self.env.note_dependency(str(book.CHAPTER_FACTS))
        measured = json.loads(book.CHAPTER_FACTS.read_text(encoding="utf-8"))["chapters"]
        lines = [
            "| plan | pages | to read | their code runs in | memory, at most |",
            "| --- | --- | --- | --- | --- |",
        ]
        for plan, pages in plans().items():
            facts = [measured.get(page.removeprefix("chapters/")) for page in pages]
            facts = [fact for fact in facts if fact]
            seconds = sum(fact["seconds"] for fact in facts)
            memory = max((fact["peak_memory_bytes"] for fact in facts), default=0)
            lines.append(
                f"| {plan} | {len(pages)} | {guide.told_minutes(self.env, pages)} "
                f"| {seconds / 60:.0f} minutes | {memory / 1e9:.1f} GB |"
            )
        holder = nodes.container()
        self.state.nested_parse(
            StringList(lines, source=self.env.docname), self.content_offset, holder
        )
        return holder.children


class QuestionBank(SphinxDirective):
    """``{question-bank}``: the questions of all pages, each with its right answer and why."""

    def run(self):
        """Write a list of questions for each page."""
        found = asking()
        count = sum(map(len, found.values()))
        lines = [f"{count} questions; their wrong choices stand in the pages.", ""]
        for page, asked in found.items():
            self.env.note_dependency(str(execution.ROOT / f"{page}.md"))
            lines += [f"**{{doc}}`/{page}`**", ""]
            for question in asked:
                ((_, choice, why),) = [entry for entry in question.choices if entry[0]]
                lines += [f"{question.asked}", f": *{choice}* {why}", ""]
        holder = nodes.container(classes=["question-bank"])
        self.state.nested_parse(
            StringList(lines, source=self.env.docname), self.content_offset, holder
        )
        return [holder]


class PlaceRole(SphinxRole):
    """``{place}`words <chapters/loss#fig-loss-curve>` ``: a link to a place of a page.

    To a whole page, with its minutes. Without the page, the words.
    """

    def run(self):
        """Link to the page, or say the words alone."""
        words, target = re.fullmatch(r"(.+) <(.+)>", self.text, re.DOTALL).groups()
        page, _, anchor = target.partition("#")
        if page not in editions.present():
            return [nodes.Text(words)], []
        address = self.env.app.builder.get_relative_uri(self.env.docname, page)
        address += f"#{anchor}" if anchor else ""
        link = nodes.reference("", words, internal=True, refuri=address)
        if anchor or page == "chapters/claims":
            return [link], []
        return [link, nodes.Text(f" ({guide.told_minutes(self.env, [page])})")], []


def take_in_the_teacher_s_page(app: Sphinx, docname: str, content: list[str]) -> None:
    """Put the text of TEACHING.md where a page says ``{TEACHING.md}``, without its title.

    Its links to pages become the book's; those to files of the repository lead there.
    """
    if "{TEACHING.md}" not in content[0]:
        return
    app.env.note_dependency(str(TEACHING))
    repository = app.config.html_theme_options.get("repository_url", "")
    branch = app.config.html_theme_options.get("repository_branch", "main")

    def link(found: re.Match) -> str:
        words, target = found.groups()
        if target.startswith("chapters/"):
            return f"{{place}}`{words} <{target.replace('.md', '', 1)}>`"
        if "://" in target:
            return found[0]
        return f"[{words}]({repository}/blob/{branch}/{target})" if repository else words

    text = TEACHING.read_text(encoding="utf-8").partition("\n")[2]
    content[0] = content[0].replace("{TEACHING.md}", LINK.sub(link, text))


def setup(app: Sphinx) -> dict:
    """Register the page's parts."""
    app.add_directive("needs", Needs)
    app.add_directive("question-bank", QuestionBank)
    app.add_role("place", PlaceRole())
    app.connect("source-read", take_in_the_teacher_s_page)
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": True}


if __name__ == "__main__":
    print(gift())
