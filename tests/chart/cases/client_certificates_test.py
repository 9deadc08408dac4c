"""Callers are known by their certificates."""
from chart import ChartTest


class ClientCertificatesTest(ChartTest):
    example = "client-certificates"

    def test_clients_have_to_show_one(self):
        self.assertEqual(self.chart.configuration()["grpc-client-ca"], "/etc/holter/tls/client-ca.crt")
        self.assertEqual(self.chart.configuration()["grpc-listen"], "0.0.0.0:7600")
        self.assertNotIn("access-file", self.chart.configuration())

    def test_keys_of_secrets_are_as_named(self):
        server, clients = self.chart.volume("tls")["projected"]["sources"]
        self.assertEqual({item["path"]: item["key"] for item in server["secret"]["items"]},
                         {"tls.crt": "chain.pem", "tls.key": "key.pem"})
        self.assertEqual(clients["secret"], {"name": "clients", "items": [{"key": "authorities.pem", "path": "client-ca.crt"}]})

    def test_the_test_shows_one(self):
        arguments = self.chart.find("Pod", "r-holter-test")["spec"]["containers"][0]["args"]
        self.assertLessEqual({"--cert=/etc/holter/test/tls.crt", "--key=/etc/holter/test/tls.key"}, set(arguments))
        sources = self.chart.find("Pod", "r-holter-test")["spec"]["volumes"][0]["projected"]["sources"]
        self.assertEqual([source["secret"]["name"] for source in sources], ["authorities", "holter-test"])

    def test_without_one_there_is_no_test(self):
        self.assertNotIn("Pod", self.render("--set=test.clientCertificate.secretName=", example=self.example).kinds())

    def test_they_need_tls(self):
        self.assertIn("over TLS only", self.refusal("grpc.tls.clientCa.secretName=a"))
