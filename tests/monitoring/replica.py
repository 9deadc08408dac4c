"""A second holterd, with little room of every kind, and the faults that may befall a daemon itself.

  replica = Replica(world, "two", peer_port)
  replica.declare()
  replica.fill_disk()
"""

import os
import signal
import subprocess
import time

from world import await_that

MOST_GROUPS = 100  # of a tenant, that the metrics tell apart


class Replica:
    """Room for 20 sessions, of which it holds 19; for 40 series of them; for no record of the audit log; for 8 MiB in the store."""

    SESSIONS = {"default": 9, "small": 10}  # the quota of `small` is 10

    def __init__(self, world, name, peer_port, slow_disk):
        """`slow_disk` is the library of slow_disk.cc."""
        self.world, self.peer_port = world, peer_port
        self.disk = world.scratch / f"{name}-disk"
        self.disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", self.disk], check=True)
        world.at_end(lambda: subprocess.run(["umount", "--lazy", self.disk], check=True))
        self.slow_mark = world.scratch / f"{name}-is-slow"
        launcher = ["prlimit", "--nofile=276", "env", f"LD_PRELOAD={slow_disk}", f"HOLTER_SLOW_DISK={self.slow_mark}"]
        self.daemon = world.start_holterd(name, launcher=launcher, flags=["--session-series-limit=40"], audit_log="/dev/full",
                                          data_dir=self.disk / "data", listener_days=3)

    def declare(self):
        """From now on it is nearly full, drops series, loses records of the audit log, and has a tenant whose quota is used up."""
        for tenant in self.SESSIONS:
            self.group_by(tenant, lambda number: "spare")

    def group_by(self, tenant, group_of):
        self.daemon.declare([{"name": f"tenants/{tenant}/sessions/spare-{number}", "group": group_of(number),
                              "spec": {"url": f"ws://127.0.0.1:{self.peer_port}/", "protocol_heartbeat": {"interval": "1s", "timeout": "5s"}}}
                             for number in range(self.SESSIONS[tenant])])

    def use_many_groups(self):
        """Its sessions go from group to group; a name keeps its place in the metrics."""
        for turn in range(MOST_GROUPS // self.SESSIONS["default"] + 1):
            self.group_by("default", lambda number, turn=turn: f"crowd-{turn}-{number}")

    def slow_down(self):
        self.slow_mark.touch()

    def speed_up(self):
        self.slow_mark.unlink()

    def change(self):
        """Two commits, of which no connection is to hear."""
        self.daemon.holter("update", "spare-0", "--set", "labels={seen: slow}")
        self.daemon.holter("update", "spare-0", "--unset", "labels")

    def break_policy(self):
        """Its owner makes a mistake; the policy of before stands."""
        self.daemon.policy.write_text("egress: {allow: everything}\n")
        self.daemon.child.signal(signal.SIGHUP)

    def fill_disk(self):
        """No change can be stored from now on, and no event of a session."""
        ballast = os.open(self.disk / "ballast", os.O_WRONLY | os.O_CREAT)
        try:
            for size in (65536, 4096, 1):
                try:
                    while os.write(ballast, b"x" * size):
                        pass
                except OSError:
                    continue
        finally:
            os.close(ballast)
        self.daemon.holter("create", "no-room", f"ws://127.0.0.1:{self.peer_port}/", good=False)
        self.daemon.holter("reconnect", "--all", good=False)

    def free_disk(self):
        (self.disk / "ballast").unlink()
        await_that(lambda: 'holter_store_degraded{reason="store_full"} 0' in self.daemon.page(), "a store that takes changes again")

    def lose_store(self):
        """Somebody removes its files; until its end no change can be stored."""
        for file in self.disk.glob("data/holter.db*"):
            file.unlink()

    def call_in_vain(self):
        self.daemon.holter("--deadline=1s", "create", "in-vain", f"ws://127.0.0.1:{self.peer_port}/", good=False)

    def stall(self):
        """It does not run for 400 ms, as if the machine had no processor for it, and has noticed."""
        before = self._stalls()
        self.daemon.child.signal(signal.SIGSTOP)
        time.sleep(0.4)  # the fault itself
        self.daemon.child.signal(signal.SIGCONT)
        await_that(lambda: self._stalls() > before, "a stall")

    def _stalls(self):
        return sum(float(line.split()[1]) for line in self.daemon.page().splitlines() if line.startswith("holter_loop_stalls_total{"))

    def kill(self):
        self.daemon.child.kill()

    def start(self):
        self.daemon.policy.write_text(self.daemon.POLICY)
        self.daemon.start()
