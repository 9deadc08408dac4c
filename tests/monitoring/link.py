#!/usr/bin/env python3
"""A network that can be bad: a second network namespace, reached over two TUN devices between which this program carries the packets.

It stands in for `tc netem`, which needs a kernel module that not every machine has. Started within a namespace of the caller's own (it
adds a device and a route to it), as root of that namespace. Prints "READY" when the link is up; /proc/<its pid>/ns/net is the far
namespace, where 10.99.0.2 to 10.99.0.9 are; the near end is 10.99.0.1. The namespace ends with the program.

A line on stdin says how the packets of one far address fare from then on, both ways, and is answered by "done":

  ADDRESS loss=0.3 delay=0.05     delay in seconds, of each direction; loss=1 is a black hole
"""

import ctypes
import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
CLONE_NEWNET = 0x40000000
FAR = range(2, 10)


def open_tun(addresses):
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH22x", b"badlink", IFF_TUN | IFF_NO_PI))
    for address in addresses:
        subprocess.run(["ip", "address", "add", f"{address}/24", "dev", "badlink"], check=True)
    subprocess.run(["ip", "link", "set", "badlink", "up"], check=True)
    return tun


def enter_new_namespace():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def far_address(packet, from_near):
    return ".".join(str(byte) for byte in (packet[16:20] if from_near else packet[12:16]))


class Link:
    def __init__(self, near, far, chance):
        self.other = {near: far, far: near}
        self.near = near
        self.chance = chance
        self.conduct = {}  # address -> (loss, delay)
        self.underway = []  # (due, number, end, packet)
        self.number = 0

    def take(self, end):
        try:
            packet = os.read(end, 65536)
        except BlockingIOError:
            return
        if packet[0] >> 4 != 4:
            return
        loss, delay = self.conduct.get(far_address(packet, end == self.near), (0, 0))
        if self.chance.random() < loss:
            return
        self.number += 1
        heapq.heappush(self.underway, (time.monotonic() + delay, self.number, self.other[end], packet))

    def deliver(self):
        while self.underway and self.underway[0][0] <= time.monotonic():
            _, _, end, packet = heapq.heappop(self.underway)
            os.write(end, packet)

    def obey(self, line):
        address, *settings = line.split()
        told = dict(setting.split("=", 1) for setting in settings)
        self.conduct[address] = (float(told.get("loss", 0)), float(told.get("delay", 0)))
        print("done", flush=True)

    def run(self):
        while True:
            wait = max(self.underway[0][0] - time.monotonic(), 0) if self.underway else None
            readable, _, _ = select.select([*self.other, sys.stdin], [], [], wait)
            self.deliver()
            for end in readable:
                if end is not sys.stdin:
                    self.take(end)
                elif line := sys.stdin.readline():
                    self.obey(line)
                else:
                    return


def main():
    near = open_tun(["10.99.0.1"])
    enter_new_namespace()
    far = open_tun([f"10.99.0.{last}" for last in FAR])
    print("READY", flush=True)
    Link(near, far, random.Random(int(sys.argv[1]))).run()


if __name__ == "__main__":
    main()
