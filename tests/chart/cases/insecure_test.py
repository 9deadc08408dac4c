"""Everybody in the cluster may call, and it is said."""
from chart import ChartTest


class InsecureTest(ChartTest):
    example = "insecure"

    def test_the_api_is_served(self):
        self.assertEqual(self.chart.configuration()["grpc-listen"], "0.0.0.0:7600")
        self.assertIs(self.chart.configuration()["insecure"], True)
        grpc, http = self.chart.find("Service")["spec"]["ports"]
        self.assertEqual(grpc, {"name": "grpc-api", "port": 7600, "targetPort": "grpc", "appProtocol": "grpc"})
        self.assertEqual(http, {"name": "http-metrics", "port": 7601, "targetPort": "http"})

    def test_helm_test_calls_it_with_our_image(self):
        pod = self.chart.find("Pod", "r-holter-test")
        self.assertEqual(pod["metadata"]["annotations"]["helm.sh/hook"], "test")
        container = pod["spec"]["containers"][0]
        self.assertEqual((container["image"], container["command"]), (self.chart.container()["image"], ["holter"]))
        self.assertEqual(container["args"], ["--server=r-holter.watch.svc:7600", "--tenant=default", "--deadline=30s", "summary"])
        self.assertEqual(container["securityContext"], self.chart.container()["securityContext"])

    def test_no_service_selects_the_test(self):
        labels = self.chart.find("Pod", "r-holter-test")["metadata"]["labels"].items()
        self.assertFalse(self.chart.find("Service")["spec"]["selector"].items() <= labels)

    def test_no_test_on_demand(self):
        self.assertNotIn("Pod", self.render("--set=test.enabled=false", example="insecure").kinds())

    def test_notes(self):
        notes = self.notes(example="insecure")
        self.assertIn("holter --server=r-holter.watch.svc:7600 list", notes)
        self.assertIn("-plaintext", notes)
        self.assertIn("grpc.insecure: calls are not encrypted or authenticated", notes)
        self.assertIn("helm test -n watch r", notes)

    def test_tls_alone_says_that_nobody_is_asked(self):
        self.assertIn("grpc.insecure: calls are not authenticated", self.notes("grpc.tls.secretName=a", example="insecure"))
