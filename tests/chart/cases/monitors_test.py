"""Scraped through the Service or at the pod."""
from chart import ChartTest

INSTANCE = {"sourceLabels": ["__meta_kubernetes_pod_name"], "targetLabel": "instance"}


class ServiceMonitorTest(ChartTest):
    example = "service-monitor"

    def test_as_told(self):
        monitor = self.chart.find("ServiceMonitor")
        self.assertEqual(monitor["metadata"]["namespace"], "monitoring")
        self.assertEqual(monitor["metadata"]["labels"]["release"], "kube-prometheus-stack")
        self.assertEqual(monitor["metadata"]["annotations"], {"example.org/note": "scrape"})
        spec = monitor["spec"]
        self.assertEqual((spec["jobLabel"], spec["targetLabels"], spec["sampleLimit"]),
                         ("app.kubernetes.io/instance", ["app.kubernetes.io/version"], 300000))
        self.assertEqual(spec["endpoints"], [{
            "port": "http-metrics", "path": "/metrics", "scheme": "https", "honorLabels": True, "interval": "15s",
            "scrapeTimeout": "10s", "tlsConfig": {"insecureSkipVerify": True},
            "authorization": {"credentials": {"name": "scrape", "key": "token"}}, "relabelings": [INSTANCE],
            "metricRelabelings": [{"sourceLabels": ["__name__"], "regex": "holter_session_info", "action": "drop"}]}])

    def test_it_selects_one_of_the_services(self):
        spec = self.chart.find("ServiceMonitor")["spec"]
        self.assertEqual(spec["namespaceSelector"], {"matchNames": ["watch"]})
        wanted = spec["selector"]["matchLabels"].items()
        label, values = spec["selector"]["matchExpressions"][0]["key"], spec["selector"]["matchExpressions"][0]["values"]
        selected = [each for each in self.chart.all if each["kind"] == "Service" and wanted <= each["metadata"]["labels"].items()
                    and each["metadata"]["labels"].get(label) not in values]
        self.assertEqual([each["metadata"]["name"] for each in selected], ["r-holter"])
        self.assertIn(spec["endpoints"][0]["port"], [port["name"] for port in selected[0]["spec"]["ports"]])

    def test_by_default_prometheus_decides(self):
        endpoint = self.render("--set=serviceMonitor.enabled=true").find("ServiceMonitor")["spec"]["endpoints"][0]
        self.assertEqual(endpoint, {"port": "http-metrics", "path": "/metrics", "scheme": "http", "honorLabels": False,
                                    "relabelings": [INSTANCE]})

    def test_auto_asks_the_cluster(self):
        self.assertNotIn("ServiceMonitor", self.render("--set=serviceMonitor.enabled=auto").kinds())
        there = "--api-versions=monitoring.coreos.com/v1/ServiceMonitor"
        self.assertIn("ServiceMonitor", self.render("--set=serviceMonitor.enabled=auto", there).kinds())
        self.assertNotIn("ServiceMonitor", self.render(there).kinds())

    def test_both_are_refused(self):
        self.assertIn("scraped twice", self.refusal("podMonitor.enabled=true", example="service-monitor"))

    def test_bad_values_are_refused(self):
        self.assertIn("/serviceMonitor/interval", self.refusal("serviceMonitor.interval=often"))
        self.assertIn("/serviceMonitor/enabled", self.refusal("serviceMonitor.enabled=yes"))

    def test_notes_tell_of_the_release_label(self):
        self.assertIn("release: NAME-OF-ITS-RELEASE", self.notes("serviceMonitor.enabled=true"))
        self.assertNotIn("NAME-OF-ITS-RELEASE", self.notes(example="service-monitor"))


class PodMonitorTest(ChartTest):
    example = "pod-monitor"
    arguments = ("--api-versions=monitoring.coreos.com/v1/PodMonitor",)

    def test_as_told(self):
        spec = self.chart.find("PodMonitor")["spec"]
        self.assertEqual(spec["podTargetLabels"], ["app.kubernetes.io/version"])
        self.assertEqual(spec["sampleLimit"], 1000)
        self.assertEqual(spec["podMetricsEndpoints"], [{"port": "http", "path": "/metrics", "scheme": "http", "honorLabels": False,
                                                        "interval": "1m", "relabelings": [INSTANCE]}])

    def test_it_selects_the_pod(self):
        spec = self.chart.find("PodMonitor")["spec"]
        self.assertLessEqual(spec["selector"]["matchLabels"].items(), self.chart.pod()["metadata"]["labels"].items())
        self.assertNotIn("jobLabel", spec)
        self.assertIn("http", [port["name"] for port in self.chart.container()["ports"]])
