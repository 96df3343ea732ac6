"""The lock is what pyproject.toml asks for, on every system and Python the book supports."""

import functools
import pathlib
import re
import sys

import pytest
from packaging.requirements import Requirement

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


def test_every_locked_package_is_pinned_and_hashed():
    assert len(locked()) > 100
    for requirement, hashes in locked():
        assert [part.operator for part in requirement.specifier] == ["=="], requirement
        assert hashes >= 1, requirement


def test_the_lock_says_how_it_is_made_and_names_no_index():
    assert "make lock" in LOCK[:200]
    assert not re.search(r"index-url|find-links|https?://", LOCK)
