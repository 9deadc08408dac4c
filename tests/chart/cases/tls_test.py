"""TLS, and callers known by tokens."""
import yaml

from chart import ChartTest


class TlsTest(ChartTest):
    example = "tls"

    def test_the_api_is_served(self):
        configuration = self.chart.configuration()
        self.assertEqual(configuration["grpc-listen"], "0.0.0.0:7600")
        self.assertEqual(configuration["grpc-tls-cert"], self.chart.mounts()["tls"] + "/tls.crt")
        self.assertEqual(configuration["grpc-tls-key"], self.chart.mounts()["tls"] + "/tls.key")
        self.assertEqual(configuration["access-file"], self.chart.mounts()["access"] + "/access.yaml")
        self.assertNotIn("grpc-client-ca", configuration)
        self.assertNotIn("insecure", configuration)

    def test_the_certificate_is_the_secret_s(self):
        self.assertEqual(self.chart.volume("tls")["projected"]["sources"], [{"secret": {"name": "holter-tls", "items": [
            {"key": "tls.crt", "path": "tls.crt"}, {"key": "tls.key", "path": "tls.key"}]}}])

    def test_one_key_may_hold_both(self):
        chart = self.render("--set=grpc.tls.certificateKey=both.pem,grpc.tls.privateKeyKey=both.pem", example="tls")
        self.assertEqual(chart.volume("tls")["projected"]["sources"], [{"secret": {"name": "holter-tls", "items": [
            {"key": "both.pem", "path": "tls.crt"}, {"key": "both.pem", "path": "tls.key"}]}}])

    def test_rules_and_tokens_lie_together(self):
        sources = self.chart.volume("access")["projected"]["sources"]
        self.assertEqual(sources, [{"configMap": {"name": "r-holter-access"}}, {"secret": {"name": "holter-tokens", "items": [
            {"key": "grafana-token", "path": "tokens/grafana"}]}}])
        rules = yaml.safe_load(self.chart.text("access", "access.yaml"))
        self.assertEqual(rules["identities"][0], {"name": "grafana", "tokens": [{"file": "tokens/grafana"}]})

    def test_the_test_shows_a_token_and_checks_the_certificate(self):
        arguments = self.chart.find("Pod", "r-holter-test")["spec"]["containers"][0]["args"]
        self.assertIn("--ca=/etc/holter/test/ca.crt", arguments)
        self.assertIn("--server-name=holter.example.org", arguments)
        self.assertIn("--token-file=/etc/holter/test/token", arguments)
        sources = self.chart.find("Pod", "r-holter-test")["spec"]["volumes"][0]["projected"]["sources"]
        self.assertEqual([source["secret"]["name"] for source in sources], ["holter-tls", "holter-tokens"])

    def test_without_a_token_there_is_no_test(self):
        self.assertNotIn("Pod", self.render("--set=test.token.secretName=", example="tls").kinds())

    def test_notes(self):
        notes = self.notes(example="tls")
        self.assertIn("--ca=CA.crt --server-name=holter.example.org --token-file=TOKEN list", notes)
        self.assertIn('-H "authorization: Bearer $TOKEN"', notes)
        self.assertNotIn("insecure", notes)

    def test_what_is_half_is_refused(self):
        self.assertIn("every pod may do everything", self.refusal("grpc.tls.secretName=a"))
        self.assertIn("in the clear", self.refusal("access.existingSecret.name=a"))
        self.assertIn("no rules refer to them", self.refusal("access.tokens.a.secretName=a,access.tokens.a.key=b"))
        self.assertIn("not both", self.refusal("access.existingSecret.name=a", example="tls"))
        self.assertIn("sends tokens over TLS only", self.refusal("test.token.secretName=a"))
        self.assertIn("/access/tokens/a", self.refusal("access.tokens.a.secretName=a", example="tls"))
