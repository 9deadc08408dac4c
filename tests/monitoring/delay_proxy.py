#!/usr/bin/env python3
"""A TCP proxy that holds back every byte for some time, in both directions: delay_proxy.py HOST:PORT

Prints "PORT=<port>" when it listens on 127.0.0.1. A line on stdin is the delay of each direction in seconds from then on, and is
answered by "done". The kernel of the proxy acknowledges at once, so TCP's own round trip stays short.
"""

import asyncio
import sys

delay = 0.0


async def hold_back(reader, writer):
    loop = asyncio.get_running_loop()
    queue = asyncio.Queue()

    async def forward():
        while True:
            due, data = await queue.get()
            await asyncio.sleep(max(due - loop.time(), 0))
            if not data:
                break
            writer.write(data)
        writer.close()

    forwarding = asyncio.ensure_future(forward())
    try:
        while data := await reader.read(65536):
            queue.put_nowait((loop.time() + delay, data))
    except ConnectionError:
        pass
    queue.put_nowait((loop.time() + delay, b""))
    await forwarding


async def accept(reader, writer):
    host, port = sys.argv[1].rsplit(":", 1)
    try:
        far_reader, far_writer = await asyncio.open_connection(host, int(port))
    except OSError:
        writer.close()
        return
    await asyncio.gather(hold_back(reader, far_writer), hold_back(far_reader, writer))


async def obey():
    global delay
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := (await lines.readline()).decode():
        delay = float(line)
        print("done", flush=True)


async def main():
    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    print(f"PORT={server.sockets[0].getsockname()[1]}", flush=True)
    await obey()


asyncio.run(main())
