"""Reached from beyond the cluster."""
from chart import ChartTest


class ServiceTest(ChartTest):
    example = "service"

    def test_as_told(self):
        service = self.chart.find("Service")
        self.assertEqual(service["spec"]["type"], "LoadBalancer")
        self.assertEqual(service["spec"]["loadBalancerClass"], "example.org/inner")
        self.assertEqual(service["spec"]["loadBalancerSourceRanges"], ["192.0.2.0/24"])
        self.assertEqual(service["spec"]["externalTrafficPolicy"], "Local")
        self.assertEqual(service["spec"]["ports"], [
            {"name": "grpc-api", "port": 443, "targetPort": "grpc", "appProtocol": "kubernetes.io/h2c", "nodePort": 30760},
            {"name": "http-metrics", "port": 80, "targetPort": "http", "nodePort": 30761}])
        self.assertEqual(service["metadata"]["annotations"], {"example.org/internal": "true"})
        self.assertEqual(service["metadata"]["labels"]["exposed"], "yes")

    def test_the_pod_s_ports_stay(self):
        self.assertEqual([port["containerPort"] for port in self.chart.container()["ports"]], [7600, 7601])
        self.assertEqual([port["port"] for port in self.chart.find("Service", "r-holter-headless")["spec"]["ports"]], [7600, 7601])
        self.assertEqual(self.chart.configuration()["grpc-listen"], "[::]:7600")
        self.assertEqual(self.chart.configuration()["http-listen"], "[::]:7601")

    def test_the_test_and_notes_follow(self):
        self.assertIn("--server=r-holter.watch.svc:443", self.chart.find("Pod", "r-holter-test")["spec"]["containers"][0]["args"])
        self.assertIn("r-holter.watch.svc:443", self.notes(example="service"))
        self.assertIn("port-forward service/r-holter 7601:80", self.notes(example="service"))

    def test_notes_warn_of_http_for_all(self):
        self.assertIn("offers the HTTP port beyond the cluster", self.notes("service.type=LoadBalancer"))
        self.assertNotIn("offers the HTTP port", self.notes(example="service"))

    def test_bad_values_are_refused(self):
        self.assertIn("/service/grpc/port", self.refusal("service.grpc.port=0"))
        self.assertIn("/service/type", self.refusal("service.type=ExternalName"))
        self.assertIn("/listenAddress", self.refusal("listenAddress=localhost"))
