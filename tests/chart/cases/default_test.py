"""As it comes: safe, one pod, a volume."""
from chart import ChartTest


class DefaultTest(ChartTest):
    def test_what_is_made(self):
        self.assertEqual(self.chart.kinds(), ["ConfigMap", "Service", "Service", "ServiceAccount", "StatefulSet"])

    def test_the_api_is_on_loopback(self):
        self.assertEqual(self.chart.configuration()["grpc-listen"], "127.0.0.1:7600")
        self.assertNotIn("insecure", self.chart.configuration())
        self.assertEqual([port["name"] for port in self.chart.container()["ports"]], ["http"])
        for service in ("r-holter", "r-holter-headless"):
            self.assertEqual([port["name"] for port in self.chart.find("Service", service)["spec"]["ports"]], ["http-metrics"])

    def test_the_restricted_standard_is_kept(self):
        pod, container = self.chart.pod()["spec"]["securityContext"], self.chart.container()["securityContext"]
        self.assertTrue(pod["runAsNonRoot"])
        self.assertGreater(pod["runAsUser"], 0)
        self.assertEqual(pod["seccompProfile"], {"type": "RuntimeDefault"})
        self.assertFalse(container["allowPrivilegeEscalation"])
        self.assertTrue(container["readOnlyRootFilesystem"])
        self.assertEqual(container["capabilities"], {"drop": ["ALL"]})

    def test_kubernetes_tells_the_pod_nothing(self):
        self.assertFalse(self.chart.pod()["spec"]["automountServiceAccountToken"])
        self.assertFalse(self.chart.find("ServiceAccount")["automountServiceAccountToken"])
        self.assertFalse(self.chart.pod()["spec"]["enableServiceLinks"])

    def test_probes_ask_http(self):
        container = self.chart.container()
        paths = {probe: container[probe]["httpGet"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")}
        self.assertEqual(paths, {"startupProbe": {"path": "/livez", "port": "http"},
                                 "livenessProbe": {"path": "/livez", "port": "http"},
                                 "readinessProbe": {"path": "/readyz", "port": "http"}})

    def test_everything_that_is_written_has_a_volume(self):
        mounts = self.chart.mounts()
        self.assertEqual((mounts["data"], mounts["tmp"]), ("/var/lib/holter", "/tmp"))
        self.assertEqual(self.chart.configuration()["data-dir"], "/var/lib/holter")

    def test_every_selector_finds_the_pod(self):
        labels = self.chart.pod()["metadata"]["labels"].items()
        selectors = [self.chart.find("StatefulSet")["spec"]["selector"]["matchLabels"]]
        selectors += [self.chart.find("Service", name)["spec"]["selector"] for name in ("r-holter", "r-holter-headless")]
        for selector in selectors:
            self.assertLessEqual(selector.items(), labels)
            self.assertNotIn("app.kubernetes.io/version", selector)

    def test_a_new_chart_alone_restarts_nothing(self):
        self.assertNotIn("helm.sh/chart", self.chart.pod()["metadata"]["labels"])

    def test_notes(self):
        notes = self.notes()
        self.assertIn("listens on the pod's loopback only", notes)
        self.assertIn("exec r-holter-0 -c holterd -- holter list", notes)
        self.assertIn("networkPolicy.enabled: false", notes)
        self.assertNotIn("helm test", notes)
