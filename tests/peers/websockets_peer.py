#!/usr/bin/env python3
"""A peer for tests: python3-websockets, as Debian ships it, with nothing changed.

Answers pings as the library does, and the text {"op":"ping","id":X} with {"op":"pong","id":X}. Prints "PORT=<port>" when it listens.

  websockets_peer.py [--host ADDRESS] [--port PORT] [--cert FILE --key FILE]
"""

import argparse
import asyncio
import json
import ssl

import websockets


async def serve(socket):
    async for message in socket:
        try:
            request = json.loads(message)
        except ValueError:
            continue
        if isinstance(request, dict) and request.get("op") == "ping":
            await socket.send(json.dumps({"op": "pong", "id": request.get("id")}))


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--cert")
    parser.add_argument("--key")
    arguments = parser.parse_args()
    tls = None
    if arguments.cert:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(arguments.cert, arguments.key)
    # ping_interval=None: the peer's own heartbeat would close the connections of a daemon that a test stopped for a while.
    async with websockets.serve(serve, arguments.host, arguments.port, ssl=tls, ping_interval=None) as server:
        print(f"PORT={server.sockets[0].getsockname()[1]}", flush=True)
        await asyncio.Future()


asyncio.run(main())
