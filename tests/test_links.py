"""The addresses outside the book are in one file, from which `make linkcheck` asks them."""

import http.server
import threading

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


class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(int(self.path[1:]))
        self.end_headers()

    do_HEAD = do_GET  # noqa: N815  (the server's own name for it)

    def log_message(self, *arguments):
        pass


def test_a_dead_address_is_told_with_its_files_and_one_that_refuses_programs_is_not():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_address[1]}"
    broken = links.check({f"{base}/{code}": [f"{code}.md", "all.md"] for code in (200, 403, 404)})
    server.shutdown()
    server.server_close()
    (told,) = broken
    assert told.startswith(f"{base}/404 (") and told.endswith("): 404.md, all.md")
