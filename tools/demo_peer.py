#!/usr/bin/env python3
"""The peer of the demos: python3-websockets of Debian, on 127.0.0.1 and a port that the system chose, or --listen=HOST:PORT.

Prints one line, "PORT=<port>", when it listens, and ends on a signal.

  /healthy            pongs, and answers {"op":"ping","id":N} with {"op":"pong","id":N}
  /slow?ms=150        the same, but the application answers late
  /silent?every=16&for=8
                      the same, but in every `every` seconds, counted from the start of the peer, it is silent on both layers
                      for the last `for` seconds, whoever connects: neither pong nor answer, the connection stays open
  /refused            answers the upgrade with 503
"""

import argparse
import asyncio
import http
import json
import signal
import sys
import time
from urllib.parse import parse_qs, urlsplit

import websockets
from websockets.legacy.protocol import OP_PING

START = time.monotonic()


class DemoProtocol(websockets.WebSocketServerProtocol):
    """Holds back pongs while the path says that the peer is silent."""

    def silent(self):
        url = urlsplit(self.path)
        if url.path != "/silent":
            return False
        query = parse_qs(url.query)
        every = float(query.get("every", ["16"])[0])
        silent_for = float(query.get("for", ["8"])[0])
        return (time.monotonic() - START) % every >= every - silent_for

    async def process_request(self, path, headers):
        if urlsplit(path).path == "/refused":
            return http.HTTPStatus.SERVICE_UNAVAILABLE, [], b"out of order\n"
        return None

    async def read_frame(self, max_size):
        frame = await super().read_frame(max_size)
        # The library answers pings where it reads them: a silent peer must not let it see any.
        while frame.opcode == OP_PING and self.silent():
            frame = await super().read_frame(max_size)
        return frame


async def serve(socket):
    query = parse_qs(urlsplit(socket.path).query)
    delay = float(query.get("ms", ["150" if socket.path.startswith("/slow") else "0"])[0]) / 1000
    async for message in socket:
        try:
            request = json.loads(message)
        except ValueError:
            continue
        if not isinstance(request, dict) or request.get("op") != "ping" or socket.silent():
            continue
        if delay:
            await asyncio.sleep(delay)
        await socket.send(json.dumps({"op": "pong", "id": request.get("id")}, separators=(",", ":")))


async def main():
    parser = argparse.ArgumentParser(description="A WebSocket peer that is healthy, slow, silent or out of order, by path.")
    parser.add_argument("--listen", metavar="HOST:PORT", default="127.0.0.1:0")
    host, _, port = parser.parse_args().listen.rpartition(":")
    stop = asyncio.get_running_loop().create_future()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, lambda: stop.done() or stop.set_result(None))
    async with websockets.serve(
        serve,
        host,
        int(port),
        create_protocol=DemoProtocol,
        compression=None,
        ping_interval=None,
        close_timeout=0.5,
    ) as server:
        print(f"PORT={server.sockets[0].getsockname()[1]}", flush=True)
        await stop


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
