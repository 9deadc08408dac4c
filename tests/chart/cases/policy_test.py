"""What tenants may reach, and how much."""
import yaml

from chart import ChartTest, examples


class PolicyTest(ChartTest):
    example = "policy"

    def test_it_is_the_policy_file(self):
        self.assertEqual(self.chart.configuration()["policy-file"], self.chart.mounts()["policy"] + "/policy.yaml")
        self.assertEqual(self.chart.volume("policy")["configMap"], {"name": "r-holter-policy"})
        given = yaml.safe_load(examples()["policy"].read_text())["policy"]
        self.assertEqual(yaml.safe_load(self.chart.text("policy", "policy.yaml")), given)

    def test_a_change_restarts_nothing(self):
        other = self.render("--set=policy.quotas.sessions=7", example="policy")
        self.assertNotEqual(other.text("policy", "policy.yaml"), self.chart.text("policy", "policy.yaml"))
        self.assertEqual(other.pod(), self.chart.pod())

    def test_an_unknown_section_is_refused(self):
        self.assertIn("'egres' not allowed", self.refusal("policy.egres.mode=off"))

    def test_off_without_quotes_is_refused(self):
        # YAML takes it for false, which holterd would not understand.
        self.assertIn("must be one of 'enforce', 'report', 'off'", self.refusal("policy.egress.mode=false"))
        self.assertIn("/policy/tenants/a/egress/mode", self.refusal("policy.tenants.a.egress.mode=false"))

    def test_notes_warn_of_no_guard(self):
        self.assertNotIn("egress", self.notes(example="policy"))
        self.assertIn("policy.egress.mode: off", self.notes("policy.egress.mode=off", example="policy"))
