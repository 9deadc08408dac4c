"""Let in and out what has to be."""
import ipaddress

from chart import ChartTest


class NetworkPolicyTest(ChartTest):
    example = "network-policy"

    def spec(self, *sets, example="network-policy"):
        return self.render(*[f"--set={value}" for value in sets], example=example).find("NetworkPolicy")["spec"]

    def test_it_is_the_pod_s(self):
        spec = self.spec()
        self.assertEqual(spec["podSelector"], self.chart.find("StatefulSet")["spec"]["selector"])
        self.assertEqual(spec["policyTypes"], ["Ingress", "Egress"])

    def test_callers_and_the_test_come_in(self):
        grpc, http, extra = self.spec()["ingress"]
        test = self.chart.find("Pod", "r-holter-test")["metadata"]["labels"]
        self.assertEqual(grpc["from"][0], {"podSelector": {"matchLabels": {"role": "caller"}}})
        self.assertLessEqual(grpc["from"][1]["podSelector"]["matchLabels"].items(), test.items())
        self.assertEqual(grpc["ports"], [{"port": "grpc", "protocol": "TCP"}])
        self.assertEqual(http["from"], [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}])
        self.assertEqual(extra["ports"], [{"port": "http"}])

    def test_no_peers_means_nobody(self):
        rules = self.spec("networkPolicy.enabled=true", "networkPolicy.httpFrom=null", example="default")["ingress"]
        self.assertEqual(rules, [])

    def test_what_goes_out(self):
        dns, internet, extra = self.spec()["egress"]
        self.assertEqual(dns, {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]})
        self.assertEqual(internet["ports"], [{"port": 443, "protocol": "TCP"}])
        self.assertEqual([peer["ipBlock"]["cidr"] for peer in internet["to"]], ["0.0.0.0/0", "::/0"])
        self.assertEqual(extra["ports"], [{"port": 8443}])

    def test_private_addresses_are_left_out(self):
        left_out = [ipaddress.ip_network(network) for peer in self.spec()["egress"][1]["to"] for network in peer["ipBlock"]["except"]]
        for address in ("10.1.2.3", "169.254.169.254", "127.0.0.1", "192.168.1.1", "172.20.0.1", "100.64.0.1", "::1", "fd00::1", "fe80::1"):
            self.assertTrue(any(ipaddress.ip_address(address) in network for network in left_out), address)
        self.assertFalse(any(ipaddress.ip_address("93.184.216.34") in network for network in left_out))

    def test_nothing_goes_out(self):
        off = ("networkPolicy.egress.dns=false", "networkPolicy.egress.internet=false", "networkPolicy.extraEgress=null")
        self.assertEqual(self.spec(*off)["egress"], [])

    def test_off_by_default(self):
        self.assertNotIn("NetworkPolicy", self.render().kinds())
