"""Sessions in groups, a peer for each, and the faults that may befall them. Each group has one fault, named like it.

  fleet = Fleet(world, daemon, with_network=enter_namespace())
  fleet.declare()       every session comes up healthy
  fleet.play("asleep")  the fault of one group
"""

import signal

from world import PYTHON, Authority

BEAT = {"name": "op-ping", "interval": "500ms", "timeout": "2s", "send": {"json": {"op": "ping", "id": "${seq}"}},
        "expect": {"json": [{"pointer": "/op", "equals": "pong"}]}, "correlate": {"pointer": "/id", "equals": "seq"}}
RECONNECT = {"first_delay": "200ms", "max_delay": "1s", "stable_after": "1s"}
TIMEOUTS = {"connect": "2s", "tls": "2s", "upgrade": "2s"}
LOSSY, DEAD, FAR = "10.99.0.2", "10.99.0.3", "10.99.0.4"


class Fleet:
    """One holterd's sessions and their peers. `with_network` false: the groups of the bad network are left out."""

    SIZES = {"calm": 4, "killed": 3, "asleep": 3, "silent": 3, "zombie": 3, "wrongcert": 3, "expiring": 2, "storm": 6, "flapping": 2,
             "slowapp": 2, "proxied": 2, "stopped": 2, "lossy": 4, "blackhole": 3, "distant": 4}
    ON_THE_NETWORK = ("lossy", "blackhole", "distant")
    TOLD = ("silent", "zombie", "storm", "flapping", "slowapp", "stopped")  # of one peer that does as it is told

    def __init__(self, world, daemon, with_network, seed=1):
        self.world, self.daemon = world, daemon
        self.groups = [group for group in self.SIZES if with_network or group not in self.ON_THE_NETWORK]
        self.stranger = Authority(world.scratch, "stranger")
        here = world.root / "tests" / "monitoring"
        self.told = world.start([PYTHON, here / "faulty_peer.py"], "told")
        self.peers = {"calm-node": self.node("calm-node"), "calm": self.python("calm"), "killed": self.node("killed"),
                      "asleep": self.python("asleep")}
        self.certificates = {group: world.authority.issue(group, 365) for group in ("wrongcert", "expiring")}
        self.peers["wrongcert"] = self.node("wrongcert", *self.tls("wrongcert"))
        self.peers["expiring"] = self.python("expiring", *self.tls("expiring"))
        self.ports = {name: peer.port() for name, peer in self.peers.items()}
        self.proxy = world.start([PYTHON, here / "delay_proxy.py", f"127.0.0.1:{self.ports['calm']}"], "proxy")
        if with_network:
            self.link = world.start([PYTHON, here / "link.py", str(seed)], "link")
            self.link.await_output("READY")
            inside = ["nsenter", f"--net=/proc/{self.link.pid}/ns/net"]
            for group, address in (("lossy", LOSSY), ("blackhole", DEAD), ("distant", FAR)):
                make = self.node if group == "lossy" else self.python
                self.peers[group] = make(group, "--host", address, launcher=inside)
                self.ports[group] = self.peers[group].port()

    def node(self, name, *arguments, launcher=()):
        return self.world.start([*launcher, "node", self.world.root / "tests" / "peers" / "ws_peer.js", *arguments], f"peer-{name}")

    def python(self, name, *arguments, launcher=()):
        return self.world.start([*launcher, PYTHON, self.world.root / "tests" / "peers" / "websockets_peer.py", *arguments], f"peer-{name}")

    def tls(self, group):
        certificate, key = self.certificates[group]
        return "--cert", certificate, "--key", key

    def url(self, group, number):
        if group in self.TOLD:
            return f"ws://127.0.0.1:{self.told.port()}/{group}"
        if group == "proxied":
            return f"ws://127.0.0.1:{self.proxy.port()}/"
        if group == "calm" and number % 2:
            return f"ws://127.0.0.1:{self.ports['calm-node']}/"
        if group in self.certificates:
            return f"wss://127.0.0.1:{self.ports[group]}/"
        host = {"lossy": LOSSY, "blackhole": DEAD, "distant": FAR}.get(group, "127.0.0.1")
        return f"ws://{host}:{self.ports[group]}/"

    def session(self, group, number):
        spec = {"url": self.url(group, number), "timeouts": TIMEOUTS, "reconnect": RECONNECT,
                "protocol_heartbeat": {"interval": "500ms", "timeout": "2s"}, "beats": [BEAT]}
        if group in self.certificates:
            spec["tls"] = {"ca_secret": "authority/ca"}
        if group == "stopped":
            spec["close_policy"] = {"rules": [{"close_codes": "4004", "then": "NEVER"}]}
        if group in ("slowapp", "proxied", "distant"):  # late is not lost
            spec["beats"] = [BEAT | {"timeout": "5s"}]
            spec["protocol_heartbeat"] = {"interval": "500ms", "timeout": "5s"}
        if group == "lossy":  # lost is not dead
            spec["beats"] = [BEAT | {"timeout": "300ms", "misses_allowed": 50}]
            spec["protocol_heartbeat"] = {"interval": "500ms", "timeout": "300ms", "misses_allowed": 50}
        return {"name": f"{group}-{number}", "group": group, "labels": {"fault": group}, "spec": spec}

    def declare(self):
        """Declares every session and waits until all are healthy."""
        sessions = [self.session(group, number) for group in self.groups for number in range(self.SIZES[group])]
        self.daemon.declare(sessions)
        for group in self.groups:
            names = [session["name"] for session in sessions if session["group"] == group]
            self.daemon.holter("wait", *names, "--for=health=HEALTHY", "--timeout=45s")

    def play(self, group):
        """The fault of this group, from now on; of a storm, once."""
        getattr(self, f"_play_{group}")()

    def play_all(self):
        for group in self.groups:
            if group != "calm":
                self.play(group)

    def _play_killed(self):
        self.peers["killed"].kill()

    def _play_asleep(self):
        self.peers["asleep"].signal(signal.SIGSTOP)

    def _play_silent(self):
        self.told.tell("/silent pong=silent app=silent")

    def _play_zombie(self):
        self.told.tell("/zombie app=silent")

    def _play_storm(self):
        self.told.tell("/storm close=1001")

    def _play_flapping(self):
        self.told.tell("/flapping life=2 close=1001")

    def _play_slowapp(self):
        self.told.tell("/slowapp delay=1.5")

    def _play_stopped(self):
        self.told.tell("/stopped greet=4004")

    def _play_proxied(self):
        self.proxy.tell("0.35")

    def _play_wrongcert(self):
        self.peers["wrongcert"].kill()
        certificate, key = self.stranger.issue("impostor", 365)
        again = ("--cert", certificate, "--key", key, "--port", self.ports["wrongcert"])
        self.peers["wrongcert"] = self.node("wrongcert-again", *again)
        self.peers["wrongcert"].port()

    def _play_expiring(self):
        self.peers["expiring"].kill()
        certificate, key = self.world.authority.issue("expiring-soon", 3)
        self.peers["expiring"] = self.python("expiring-again", "--cert", certificate, "--key", key, "--port", self.ports["expiring"])
        self.peers["expiring"].port()

    def _play_lossy(self):
        self.link.tell(f"{LOSSY} loss=0.25")

    def _play_blackhole(self):
        self.link.tell(f"{DEAD} loss=1")

    def _play_distant(self):
        # The kernel's least round trip of a connection that knew better days stays what it was: they have to be new. Not all at once,
        # for each is looked at every ten seconds, and the test's windows are as short.
        self.link.tell(f"{FAR} delay=0.2")
        self.daemon.holter("reconnect", "--filter", "group = distant", "--over", "9s")
