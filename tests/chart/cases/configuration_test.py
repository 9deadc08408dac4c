"""Keys of holterd's own, flags and environment."""
from chart import ChartTest


class ConfigurationTest(ChartTest):
    example = "config"

    def test_keys_go_into_the_file(self):
        configuration = self.chart.configuration()
        self.assertLessEqual({"log-format": "text", "log-level": "debug", "reflection": True, "loops": 2, "connect-rate": 50, "status-page": "on",
                              "session-series": "full", "watch-write-timeout": "10s"}.items(), configuration.items())
        self.assertEqual(configuration["audit-log"], "/var/lib/holter/audit.log")
        self.assertEqual(self.render().configuration()["log-format"], "json")

    def test_words_that_yaml_takes_for_others_are_refused(self):
        self.assertIn("'auto', 'on', 'off'", self.refusal("config.status-page=true"))

    def test_flags_and_environment(self):
        container = self.chart.container()
        self.assertEqual(container["args"], ["--config=/etc/holter/config/holter.yaml", "--connect-in-flight=64"])
        self.assertEqual(container["env"], [{"name": "TZ", "value": "UTC"}])
        self.assertEqual(container["envFrom"], [{"secretRef": {"name": "environment"}}])

    def test_a_change_rolls_the_pod(self):
        before, after = (chart.pod()["metadata"]["annotations"]["checksum/config"]
                         for chart in (self.chart, self.render("--set=config.loops=3", example="config")))
        self.assertNotEqual(before, after)

    def test_what_holterd_does_not_know_is_refused(self):
        self.assertIn("'lops' not allowed", self.refusal("config.lops=1"))

    def test_what_other_values_stand_for_is_refused(self):
        for key in ("grpc-listen", "data-dir", "sessions-dir", "insecure", "stop-timeout"):
            self.assertIn(f"'{key}' not allowed", self.refusal(f"config.{key}=x"))

    def test_notes_use_reflection_where_it_is(self):
        self.assertIn("-import-path proto", self.notes(example="insecure"))
        self.assertNotIn("-import-path", self.notes("config.reflection=true", example="insecure"))

    def test_an_audit_log_that_is_nowhere_is_refused(self):
        self.assertIn("/auditLog/path", self.refusal("auditLog.path=audit.log"))
