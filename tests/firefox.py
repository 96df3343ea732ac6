"""Debian's Firefox, as Playwright starts a browser: `python tests/firefox.py --profile folder ...`.

Playwright speaks WebDriver BiDi with it, and asks each new page for a colour scheme first. The
Firefox of long support does not know that command yet: it is answered here, and nothing changes.
"""

import asyncio
import json
import os
import re
import subprocess
import sys

import tornado.httpserver
import tornado.web
import tornado.websocket

UNKNOWN = {"emulation.setMediaFeaturesOverride"}
LARGEST_BYTES = 2**28


class Between(tornado.websocket.WebSocketHandler):
    """Hand on what the two say to each other, but for what Firefox does not know."""

    def initialize(self, address: str) -> None:
        """Keep where Firefox listens."""
        self.address = address

    async def open(self, *_) -> None:
        """Begin to listen to Firefox."""
        self.firefox = await tornado.websocket.websocket_connect(
            self.address, on_message_callback=self.answer, max_message_size=LARGEST_BYTES
        )

    def answer(self, message: str | None) -> None:
        """Hand on what Firefox says."""
        self.close() if message is None else self.write_message(message)

    async def on_message(self, message: str) -> None:
        """Hand on what Playwright says."""
        said = json.loads(message)
        if said["method"] in UNKNOWN:
            await self.write_message({"type": "success", "id": said["id"], "result": {}})
        else:
            await self.firefox.write_message(message)


async def main() -> None:
    """Start Firefox, stand between it and who asks for it, and end with it."""
    command = [os.environ["FIREFOX"], *sys.argv[1:]]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        told = (re.search(r"listening on (ws://\S+)", line) for line in process.stderr)
        address = next(found[1] for found in told if found)
        pages = [(r"/session", Between, {"address": f"{address}/session"})]
        server = tornado.web.Application(pages, websocket_max_message_size=LARGEST_BYTES)
        sockets = tornado.netutil.bind_sockets(0, "127.0.0.1")
        tornado.httpserver.HTTPServer(server).add_sockets(sockets)
        port = sockets[0].getsockname()[1]
        print(f"WebDriver BiDi listening on ws://127.0.0.1:{port}", file=sys.stderr, flush=True)
        await asyncio.to_thread(process.stderr.read)


if __name__ == "__main__":
    asyncio.run(main())
