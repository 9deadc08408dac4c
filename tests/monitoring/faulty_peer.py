#!/usr/bin/env python3
"""A peer that misbehaves when it is told to: python3-websockets of Debian, on 127.0.0.1 and a port that the system chose.

Prints "PORT=<port>" when it listens. Answers pings, and {"op":"ping","id":X} with {"op":"pong","id":X}, until a line on stdin says
otherwise for all connections of a path, those to come included; each line is answered by "done":

  PATH pong=silent      pings are not answered
  PATH app=silent       messages are not answered
  PATH delay=1.5        messages are answered so many seconds late
  PATH life=2           a connection is closed (1001) so many seconds after it opened
  PATH close=4004       every connection is closed now, with this code
  PATH greet=4004       every connection, now and to come, is closed with this code
"""

import asyncio
import json
import sys

import websockets
from websockets.legacy.protocol import OP_PING

conduct = {}  # path -> its settings


class FaultyProtocol(websockets.WebSocketServerProtocol):
    def told(self, key, default=""):
        return conduct.get(self.path, {}).get(key, default)

    async def read_frame(self, max_size):
        frame = await super().read_frame(max_size)
        # The library answers pings where it reads them: a silent peer must not let it see any.
        while frame.opcode == OP_PING and self.told("pong") == "silent":
            frame = await super().read_frame(max_size)
        return frame


async def answer(socket, number, delay):
    await asyncio.sleep(delay)
    await socket.send(json.dumps({"op": "pong", "id": number}))


async def serve(socket):
    if socket.told("greet"):
        await socket.close(int(socket.told("greet")))
        return
    life = socket.told("life")
    end = asyncio.get_running_loop().call_later(float(life), lambda: asyncio.ensure_future(socket.close(1001))) if life else None
    answers = set()
    try:
        async for message in socket:
            request = json.loads(message)
            if request.get("op") != "ping" or socket.told("app") == "silent":
                continue
            answers.add(asyncio.ensure_future(answer(socket, request.get("id"), float(socket.told("delay", "0")))))
    finally:
        for task in answers:
            task.cancel()
        if end is not None:
            end.cancel()


async def obey(server):
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := (await lines.readline()).decode():
        path, *settings = line.split()
        told = dict(setting.split("=", 1) for setting in settings)
        code = told.pop("close", None) or told.get("greet")
        conduct.setdefault(path, {}).update(told)
        if code:
            # One that goes by itself just now is no failure.
            await asyncio.gather(*(socket.close(int(code)) for socket in set(server.websockets) if socket.path == path),
                                 return_exceptions=True)
        print("done", flush=True)


async def main():
    async with websockets.serve(serve, "127.0.0.1", 0, create_protocol=FaultyProtocol, compression=None, ping_interval=None,
                                close_timeout=0.5) as server:
        print(f"PORT={server.sockets[0].getsockname()[1]}", flush=True)
        await obey(server)


asyncio.run(main())
