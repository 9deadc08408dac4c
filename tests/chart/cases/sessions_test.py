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

    @staticmethod
    def folders(chart):
        """Which ConfigMap is mounted where, as holterd sees it."""
        maps = {volume["name"]: volume["configMap"]["name"] for volume in chart.pod()["spec"]["volumes"] if "configMap" in volume}
        mounts = [mount for mount in chart.container()["volumeMounts"] if mount["mountPath"].startswith("/etc/holter/sessions")]
        for mount in mounts:
            assert mount["readOnly"] is True, mount
        return [(mount["mountPath"], maps[mount["name"]]) for mount in mounts]

    def test_each_map_has_a_folder_of_its_own(self):
        self.assertEqual(self.chart.configuration()["sessions-dir"], "/etc/holter/sessions")
        self.assertEqual(self.folders(self.chart), [("/etc/holter/sessions/r-holter-sessions", "r-holter-sessions"),
                                                    ("/etc/holter/sessions/sessions-of-others", "sessions-of-others"),
                                                    ("/etc/holter/sessions/sessions.of.more", "sessions.of.more")])

    def test_existing_config_maps_alone(self):
        chart = self.render("--set=sessionConfigMaps={a,b}")
        self.assertEqual(self.folders(chart), [("/etc/holter/sessions/a", "a"), ("/etc/holter/sessions/b", "b")])
        self.assertEqual(chart.configuration()["sessions-dir"], "/etc/holter/sessions")
        self.assertEqual(chart.kinds().count("ConfigMap"), 1)

    def test_a_map_may_be_named_as_no_volume_can(self):
        name = "team-a." + "x" * 100
        chart = self.render(f"--set=sessionConfigMaps={{{name}}}")
        self.assertEqual(self.folders(chart), [(f"/etc/holter/sessions/{name}", name)])
        for volume in chart.pod()["spec"]["volumes"]:
            self.assertRegex(volume["name"], r"^[a-z0-9-]{1,63}$")

    def test_a_map_that_is_named_twice_is_mounted_once(self):
        chart = self.render("--set=sessionConfigMaps={a,r-holter-sessions,a}", example="sessions")
        self.assertEqual([name for _, name in self.folders(chart)], ["r-holter-sessions", "a"])

    def test_without_sessions_there_is_no_folder(self):
        chart = self.render()
        self.assertEqual(self.folders(chart), [])
        self.assertNotIn("sessions-dir", chart.configuration())

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
        for name in ("../a", "a/b", "A"):
            self.assertIn("/sessionConfigMaps/0", self.refusal(f"sessionConfigMaps={{{name}}}"))
        self.assertIn("this name is taken", self.refusal("sessionFiles.sessions=a", example="sessions"))
