"""What may happen to a build: the faults of `make faults` that end before anything runs."""

import shutil

import pytest

from benchmarks.tested import faults

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="the faults are made with make")


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    return faults.Books(tmp_path_factory.mktemp("faults") / "books")


@pytest.mark.parametrize("fault", [f for f in faults.FAULTS if f.quick], ids=lambda f: f.name)
def test_what_cannot_be_is_refused_in_a_sentence(books, fault):
    if not faults.can_be_made(fault):
        pytest.skip(f"{fault.under[0]} is not on this system, or not allowed")
    books.take("sources")
    row = faults.happens(fault, books)
    assert row["as_it_must"], row["output"]
