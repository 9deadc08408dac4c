"""The queries of Grafana's boards, asked of a Prometheus as Grafana would ask them."""

import json
import math
import pathlib
import re
import urllib.parse
import urllib.request
from dataclasses import dataclass

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "grafana" / "dashboards"
RATE_INTERVAL = 4  # scrapes, as Grafana takes it


@dataclass(frozen=True)
class Query:
    board: str
    panel: str
    expr: str
    instant: bool

    def __str__(self):
        return f"{self.board}, {self.panel}: {self.expr}"


def queries(folder=FOLDER):
    """Of every panel, annotation and variable of every board."""
    found = []
    for path in sorted(folder.glob("*.json")):
        board = json.loads(path.read_text())
        for panel in board["panels"]:
            for target in panel.get("targets", []):
                found.append(Query(board["title"], panel["title"], target["expr"], target.get("instant", False)))
        for annotation in board["annotations"]["list"]:
            found.append(Query(board["title"], annotation["name"], annotation["target"]["expr"], False))
        for variable in board["templating"]["list"]:
            if variable["type"] == "query":
                selector = re.fullmatch(r"label_values\((.+), \w+\)", variable["query"]).group(1)
                found.append(Query(board["title"], "$" + variable["name"], selector, False))
    return found


class Prometheus:
    """Asks for the time from `start` to `end`, in seconds since 1970, of a Prometheus that scrapes every `scrape_interval` seconds."""

    def __init__(self, url, start, end, scrape_interval, variables):
        self.url, self.start, self.end, self.scrape_interval = url, start, end, scrape_interval
        self.variables = {"job": ".+", "instance": ".+", "tenant": ".+", "group": ".*", "objective": "0.995", **variables}

    def expanded(self, expr):
        expr = expr.replace("$__rate_interval", f"{int(RATE_INTERVAL * self.scrape_interval * 1000)}ms")
        expr = expr.replace("$__range", f"{math.ceil(self.end - self.start)}s")
        return re.sub(r"\$(\w+)", lambda match: self.variables[match.group(1)], expr)

    def _result(self, query):
        asked = {"query": self.expanded(query.expr)}
        if query.instant:
            path, asked["time"] = "query", self.end
        else:
            path, asked["start"], asked["end"], asked["step"] = "query_range", self.start, self.end, self.scrape_interval
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(asked)}", timeout=60) as answer:
            return json.load(answer)["data"]["result"]

    def ask(self, query):
        """[(labels, value)] of an instant query."""
        return [(series["metric"], float(series["value"][1])) for series in self._result(query)]

    def has_data(self, query):
        """Series of nothing but NaN draw nothing."""
        samples = [sample for series in self._result(query) for sample in series.get("values", [series.get("value")])]
        return any(not math.isnan(float(number)) for _, number in samples)


def empty(prometheus, asked):
    return [query for query in asked if not prometheus.has_data(query)]
