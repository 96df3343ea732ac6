"""The network in half the space reaches the reader, and what its page says of that was measured."""

import live

from cnnbook import results


def test_the_faster_network_is_handed_to_the_playground():
    assert set(live.published_networks()) == {"article", "fast"}


def test_the_page_shows_what_the_benchmark_measured(html_folder):
    page = html_folder / "chapters" / "training" / "half_precision.html"
    measured = results.load("playground/playground")["throttled"]["1"]
    assert f"{measured['update_milliseconds']:.1f} ms" in page.read_text(encoding="utf-8")
