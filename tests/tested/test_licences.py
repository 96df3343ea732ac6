"""The table of licences is of the lock, and all of them may be used in an open book."""

import email.message
import importlib.metadata

import pytest

from benchmarks.tested import licences
from cnnbook import results

ROWS = {row["package"]: row for row in results.load("tested/licences")["rows"]}


def test_the_table_is_of_the_lock():
    remedy = "run `python -m benchmarks.tested.licences`"
    found = {package: row["version"] for package, row in ROWS.items()}
    wanted = {name: " or ".join(versions) for name, versions in licences.locked().items()}
    assert found == wanted, remedy
    for package, versions in licences.locked().items():
        try:  # another environment, of the oldest versions say, may tell it in other words
            if importlib.metadata.version(package) in versions:
                assert ROWS[package]["licence"] == licences.licence(package), remedy
        except importlib.metadata.PackageNotFoundError:
            continue


def test_every_licence_is_among_the_allowed_and_no_exception_is_left_over():
    refused = {name for name in ROWS if licences.names(ROWS[name]["licence"]) - licences.ALLOWED}
    assert refused <= licences.TOOLS.keys()
    assert licences.READ.keys() <= licences.locked().keys()


@pytest.mark.parametrize(
    ("expression", "refused"),
    [
        ("MIT", set()),
        ("GPL-3.0-or-later", {"GPL-3.0-or-later"}),
        ("MIT AND GPL-2.0-only", {"GPL-2.0-only"}),
        ("GPL-2.0-only OR MIT", set()),  # a choice
    ],
)
def test_a_licence_that_is_not_allowed_is_seen(expression, refused):
    assert licences.names(expression) - licences.ALLOWED == refused


def test_what_a_package_says_in_words_is_read():
    message = email.message.Message()
    message["Classifier"] = "License :: OSI Approved :: BSD License"
    message["Classifier"] = "License :: OSI Approved :: GNU General Public License (GPL)"
    assert licences.told(message) == "BSD AND GPL"
    message["License-Expression"] = "ISC"
    assert licences.told(message) == "ISC"
