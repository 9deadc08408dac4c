"""Sessions declared by values, by whole files, and by ConfigMaps that are there; with secrets."""
import yaml

from chart import ChartTest, by_name, examples


class SessionsTest(ChartTest):
    example = "sessions"

    def test_each_is_declared_under_its_whole_name(self):
        declared = yaml.safe_load(self.chart.text("sessions", "sessions.yaml"))["sessions"]
        given = yaml.safe_load(examples()["sessions"].read_text())["sessions"]
        self.assertEqual([session["name"] for session in declared],
                         ["tenants/default/sessions/feed-1", "tenants/blue/sessions/feed-2"])
        self.assertEqual(declared[0], given["feed-1"] | {"name": "tenants/default/sessions/feed-1"})
        self.assertEqual(declared[1]["spec"], given["feed-2"]["spec"])

    def test_whole_files_are_as_given(self):
        given = yaml.safe_load(examples()["sessions"].read_text())["sessionFiles"]
        self.assertEqual(self.chart.text("sessions", "more.yaml").strip(), given["more"].strip())

    def test_all_are_in_one_directory(self):
        self.assertEqual(self.chart.configuration()["sessions-dir"], self.chart.mounts()["sessions"])
        self.assertEqual(self.chart.volume("sessions")["projected"]["sources"],
                         [{"configMap": {"name": "r-holter-sessions"}}, {"configMap": {"name": "sessions-of-others"}}])

    def test_existing_config_maps_alone(self):
        chart = self.render("--set=sessionConfigMaps[0]=a")
        self.assertEqual(chart.volume("sessions")["projected"]["sources"], [{"configMap": {"name": "a"}}])
        self.assertEqual(chart.kinds().count("ConfigMap"), 1)

    def test_secrets_are_where_references_look(self):
        self.assertEqual(self.chart.configuration()["secrets-dir"], "/etc/holter/secrets")
        self.assertEqual(self.chart.mounts()["secret-feeds"], "/etc/holter/secrets/feeds")
        self.assertEqual(self.chart.volume("secret-feeds")["secret"]["secretName"], "feed-credentials")
        self.assertEqual(self.chart.volume("secret-others")["secret"]["secretName"], "others")
        mount = by_name(self.chart.container()["volumeMounts"], "secret-feeds")
        self.assertIs(mount["readOnly"], True)

    def test_a_change_restarts_nothing(self):
        other = self.render("--set=sessions.feed-3.spec.url=wss://c.example.org/", example="sessions")
        self.assertNotEqual(other.text("sessions", "sessions.yaml"), self.chart.text("sessions", "sessions.yaml"))
        self.assertEqual(other.pod(), self.chart.pod())

    def test_bad_ones_are_refused(self):
        self.assertIn("missing property 'spec'", self.refusal("sessions.a.group=b"))
        self.assertIn("missing property 'url'", self.refusal("sessions.a.spec.group=b"))
        self.assertIn("invalid propertyName 'Feed_1'", self.refusal("sessions.Feed_1.spec.url=wss://a/"))
        self.assertIn("'specs' not allowed", self.refusal("sessions.a.spec.url=wss://a/,sessions.a.specs=b"))
        self.assertIn("this name is taken", self.refusal("sessionFiles.sessions=a", example="sessions"))
