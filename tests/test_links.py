"""The addresses outside the book are in one file, from which `make linkcheck` asks them."""

import links


def test_the_list_has_the_addresses_of_the_texts():
    listed = links.LISTED.read_text(encoding="utf-8").splitlines()
    assert listed == list(links.found()), "an address has come or gone: run `make format`"


def test_an_address_ends_where_its_sentence_goes_on():
    text = (
        "See [one](https://a.org/x_(y)), <https://b.org/z>. And (https://c.org); `https://d.org/`!\n"
        "  doi = {10.1/ab-c},\nhttps://you.github.io/book/ stands for a fork."
    )
    assert links.addresses(text) == {
        "https://a.org/x_(y)",
        "https://b.org/z",
        "https://c.org",
        "https://d.org/",
        "https://doi.org/10.1/ab-c",
    }
