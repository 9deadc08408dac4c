"""Debian's servers: the configuration that each needs, written to a folder, and how it is started there. Nothing of it is the system's own service.

Each function takes a folder and a period of the server's heartbeat in seconds, and gives a Recipe.
"""

import dataclasses
import json
import pathlib
import socket
import urllib.request

HOST = "127.0.0.1"


@dataclasses.dataclass
class Recipe:
    argv: list
    url: str = ""
    environment: dict = dataclasses.field(default_factory=dict)
    port: int = 0  # of the WebSocket listener: the server is ready when it accepts; 0: find_url says when
    find_url: object = None  # gives "" until the server serves; for those that choose their port themselves
    companions: list = dataclasses.field(default_factory=list)  # programs that have to run beside it


def free_ports(count):
    """Ports that nobody listens on now, for servers that cannot be told to choose one."""
    sockets = [socket.create_server((HOST, 0)) for _ in range(count)]
    ports = [taken.getsockname()[1] for taken in sockets]
    for taken in sockets:
        taken.close()
    return ports


def write(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def nats(folder, period):
    config = write(folder, "nats.conf", f"""
listen: "{HOST}:-1"
ping_interval: "{round(period * 1000)}ms"
ping_max: 2
ports_file_dir: "{folder}"
websocket {{ listen: "{HOST}:-1", no_tls: true }}
""")

    def url():
        for ports in folder.glob("*.ports"):
            if text := ports.read_text():
                return json.loads(text)["websocket"][0] + "/"
        return ""

    return Recipe(["nats-server", "-c", config], find_url=url)


def mosquitto(folder, period):
    """The client's CONNECT says the period."""
    plain, web = free_ports(2)
    # With a WebSocket listener only, this version does not start.
    config = write(folder, "mosquitto.conf", f"""
user root
persistence false
allow_anonymous true
listener {plain} {HOST}
listener {web} {HOST}
protocol websockets
""")
    return Recipe(["mosquitto", "-c", config], f"ws://{HOST}:{web}/mqtt", port=web)


def aria2(folder, period):
    (port,) = free_ports(1)
    argv = ["aria2c", "--no-conf", "--enable-rpc", f"--rpc-listen-port={port}", f"--dir={folder}", "--disable-ipv6", "--enable-dht=false", "--quiet"]
    return Recipe(argv, f"ws://{HOST}:{port}/jsonrpc", port=port)


def snapserver(folder, period):
    """Its three listeners, and a stream of audio that nobody writes to."""
    stream, control, web = free_ports(3)
    argv = ["snapserver", "--config=/dev/null", f"--server.datadir={folder}", f"--http.bind_to_address={HOST}", f"--http.port={web}", "--http.doc_root=",
            f"--tcp.bind_to_address={HOST}", f"--tcp.port={control}", f"--stream.bind_to_address={HOST}", f"--stream.port={stream}",
            f"--stream.source=pipe://{folder}/audio?name=audio"]
    return Recipe(argv, f"ws://{HOST}:{web}/jsonrpc", port=web)


def node_inspector(folder, period):
    (port,) = free_ports(1)

    def url():
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/json/list", timeout=1) as answer:
                return json.load(answer)[0]["webSocketDebuggerUrl"]
        except OSError:
            return ""

    return Recipe(["node", f"--inspect={HOST}:{port}", "-e", "setInterval(() => {}, 1000)"], find_url=url)


def janus(folder, period):
    (port,) = free_ports(1)
    configs = folder / "etc"
    for name in ("plugins", "events", "loggers", "transports"):
        (folder / name).mkdir()
    # The other transports would listen too.
    library = next(pathlib.Path("/usr/lib").glob("*/janus/transports/libjanus_websockets.so"))
    (folder / "transports" / library.name).symlink_to(library)
    write(configs, "janus.jcfg", f"""
general: {{
  configs_folder = "{configs}"
  plugins_folder = "{folder}/plugins"
  transports_folder = "{folder}/transports"
  events_folder = "{folder}/events"
  loggers_folder = "{folder}/loggers"
  session_timeout = {max(1, round(3 * period))}
  debug_level = 3
}}
nat: {{ ice_lite = true }}
""")
    write(configs, "janus.transport.websockets.jcfg", f"""
general: {{ ws = true, ws_ip = "{HOST}", ws_port = {port} }}
admin: {{ admin_ws = false }}
""")
    argv = ["janus", f"--config={configs / 'janus.jcfg'}", f"--configs-folder={configs}", "--disable-colors"]
    return Recipe(argv, f"ws://{HOST}:{port}/", port=port)


def inspircd(folder, period):
    (port,) = free_ports(1)
    config = write(folder, "inspircd.conf", f"""
<config format="xml">
<server name="irc.example.org" description="For tests" network="Example" id="97K">
<admin name="tests" nick="tests" email="tests@example.org">
<path configdir="{folder}" datadir="{folder}" logdir="{folder}" moduledir="/usr/lib/inspircd/modules" runtimedir="{folder}">
<bind address="{HOST}" port="{port}" type="clients" hook="websocket">
<module name="sha1"><module name="websocket">
<websocket sendastext="yes" proxyranges="">
<wsorigin allow="*">
<connect name="all" allow="*" timeout="20" pingfreq="{max(1, round(period))}" resolvehostnames="no" useident="no">
<dns server="{HOST}" timeout="1">
<options prefixquit="">
<log method="file" type="* -USERINPUT -USEROUTPUT" level="default" target="{folder}/ircd.log">
<power diepass="" restartpass="">
""")
    argv = ["/usr/sbin/inspircd", f"--config={config}", "--nofork", "--nopid", "--runasroot"]
    return Recipe(argv, f"ws://{HOST}:{port}/", port=port)


def action_cable(folder, period):
    """The period is the server's own: three seconds."""
    (port,) = free_ports(1)
    config = write(folder, "config.ru", """
require 'logger'
require 'action_cable/engine'
require 'action_cable'

module ApplicationCable
  class Connection < ActionCable::Connection::Base; end
end
ActionCable.server.config.logger = Logger.new(IO::NULL)
ActionCable.server.config.cable = {'adapter' => 'async'}
ActionCable.server.config.connection_class = -> { ApplicationCable::Connection }
ActionCable.server.config.disable_request_forgery_protection = true
run ActionCable.server
""")
    argv = ["puma", "--quiet", "--threads=1:4", f"--bind=tcp://{HOST}:{port}", config]
    return Recipe(argv, f"ws://{HOST}:{port}/cable", {"RACK_ENV": "production"}, port)


def cockpit(folder, period):
    """The period is the server's own: five seconds."""
    (port,) = free_ports(1)
    argv = ["/usr/lib/cockpit/cockpit-ws", "--no-tls", f"--address={HOST}", f"--port={port}", "--local-session=/usr/bin/cockpit-bridge"]
    # The bridge would start a bus and an agent of its own, and leave their sockets.
    environment = {"XDG_CONFIG_DIRS": str(folder), "XDG_RUNTIME_DIR": str(folder), "HOME": str(folder), "DBUS_SESSION_BUS_ADDRESS": "unix:path=/none",
                   "SSH_AUTH_SOCK": "/none"}
    return Recipe(argv, f"ws://{HOST}:{port}/cockpit/socket", environment, port)


def prosody(folder, period):
    """Answers the client's pings; sends none itself."""
    (port,) = free_ports(1)
    config = write(folder, "prosody.cfg.lua", f"""
pidfile = "{folder}/prosody.pid"
data_path = "{folder}"
run_as_root = true
daemonize = false
modules_enabled = {{ "saslauth", "websocket", "ping", "c2s", "disco" }}
modules_disabled = {{ "s2s", "offline" }}
c2s_ports = {{}}
s2s_ports = {{}}
legacy_ssl_ports = {{}}
http_interfaces = {{ "{HOST}" }}
http_ports = {{ {port} }}
https_ports = {{}}
consider_websocket_secure = true
c2s_require_encryption = false
log = {{ warn = "*console" }}
VirtualHost "localhost"
authentication = "anonymous"
""")
    return Recipe(["prosody", "--config", config, "-F"], f"ws://{HOST}:{port}/xmpp-websocket", port=port)


def ejabberd(folder, period):
    (port,) = free_ports(1)
    seconds = max(1, round(period))
    write(folder, "ejabberd.yml", f"""
hosts: [localhost]
loglevel: warning
auth_method: anonymous
allow_multiple_connections: true
anonymous_protocol: sasl_anon
listen:
- {{port: {port}, ip: "{HOST}", module: ejabberd_http, request_handlers: {{/ws: ejabberd_http_ws}}}}
modules:
  mod_ping: {{send_pings: true, ping_interval: {seconds} sec, ping_ack_timeout: {seconds} sec, timeout_action: kill}}
""")
    write(folder, "inetrc", '{lookup,["file","native"]}.\n{host,{127,0,0,1},["localhost"]}.\n{file,resolv,"/etc/resolv.conf"}.\n')
    environment = {"EJABBERD_CONFIG_PATH": str(folder / "ejabberd.yml"), "EJABBERD_LOG_PATH": str(folder / "ejabberd.log"),
                   "ERL_LIBS": str(next(pathlib.Path("/usr/lib").glob("*/ejabberd-*")).parent), "ERL_INETRC": str(folder / "inetrc"), "HOME": str(folder)}
    argv = ["erl", "-noinput", "-mnesia", "dir", f'"{folder}/spool"', "-s", "ejabberd"]
    return Recipe(argv, f"ws://{HOST}:{port}/ws", environment, port)


def rabbitmq(folder, plugin):
    """The client's CONNECT says the period."""
    epmd, amqp, distribution, port = free_ports(4)
    plugins = write(folder, "enabled_plugins", f"[rabbitmq_{plugin}].\n")
    protocol = plugin.removeprefix("web_")
    write(folder, "rabbitmq.conf", f"""
listeners.tcp.1 = {HOST}:{amqp}
{protocol}.listeners.tcp = none
{plugin}.tcp.ip = {HOST}
{plugin}.tcp.port = {port}
log.console.level = warning
""")
    environment = {"RABBITMQ_NODENAME": "holter@localhost", "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"),
                   "RABBITMQ_ENABLED_PLUGINS_FILE": str(plugins), "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
                   "RABBITMQ_LOG_BASE": str(folder / "log"), "RABBITMQ_CONF_ENV_FILE": str(folder / "none"), "RABBITMQ_LOGS": "-",
                   "RABBITMQ_DIST_PORT": str(distribution), "ERL_EPMD_PORT": str(epmd), "ERL_EPMD_ADDRESS": HOST, "HOME": str(folder)}
    # Which it would start itself, to stay.
    companions = [["epmd", "-port", str(epmd), "-address", HOST]]
    return Recipe(["/usr/lib/rabbitmq/bin/rabbitmq-server"], f"ws://{HOST}:{port}/ws", environment, port, companions=companions)


def rabbitmq_stomp(folder, period):
    return rabbitmq(folder, "web_stomp")


def rabbitmq_mqtt(folder, period):
    return rabbitmq(folder, "web_mqtt")


SERVERS = {recipe.__name__: recipe for recipe in (nats, mosquitto, aria2, snapserver, node_inspector, janus, inspircd, action_cable, cockpit, prosody, ejabberd,
                                                  rabbitmq_stomp, rabbitmq_mqtt)}
