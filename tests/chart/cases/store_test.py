"""Where the store is kept, and its backups."""
from chart import ChartTest


class StoreTest(ChartTest):
    def claim(self, chart):
        return chart.find("StatefulSet")["spec"]["volumeClaimTemplates"][0]

    def test_a_volume_of_its_own(self):
        self.assertEqual(self.claim(self.chart)["spec"],
                         {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}})

    def test_of_a_size_and_class(self):
        chart = self.render(example="persistence")
        claim = self.claim(chart)
        self.assertEqual(claim["spec"], {"accessModes": ["ReadWriteOncePod"], "storageClassName": "fast",
                                         "resources": {"requests": {"storage": "5Gi"}}})
        self.assertEqual(claim["metadata"]["annotations"], {"example.org/backup": "daily"})
        self.assertEqual(claim["metadata"]["labels"]["tier"], "gold")
        self.assertEqual(chart.find("StatefulSet")["spec"]["persistentVolumeClaimRetentionPolicy"],
                         {"whenDeleted": "Retain", "whenScaled": "Retain"})
        self.assertEqual(self.claim(self.render("--set=persistence.storageClassName=-"))["spec"]["storageClassName"], "")

    def test_common_labels_may_change_and_the_claim_may_not(self):
        self.assertEqual(self.claim(self.render("--set=commonLabels.a=b")), self.claim(self.chart))

    def test_claims_that_are_there(self):
        chart = self.render(example="existing-claim")
        self.assertNotIn("volumeClaimTemplates", chart.find("StatefulSet")["spec"])
        self.assertEqual(chart.volume("data")["persistentVolumeClaim"], {"claimName": "holter-data"})
        self.assertEqual(chart.volume("backups")["persistentVolumeClaim"], {"claimName": "holter-backups"})
        self.assertEqual(chart.configuration()["backup-dir"], chart.mounts()["backups"])

    def test_backups_beside_the_store(self):
        chart = self.render(example="backup")
        self.assertTrue(chart.configuration()["backup-dir"].startswith(chart.mounts()["data"] + "/"))
        self.assertNotIn("backups", chart.mounts())
        self.assertIn("exec r-holter-0 -c holterd -- sh -c 'kill -USR1 1'", self.notes(example="backup"))

    def test_no_volume(self):
        chart = self.render(example="no-persistence")
        self.assertEqual(chart.volume("data")["emptyDir"], {})
        self.assertNotIn("volumeClaimTemplates", chart.find("StatefulSet")["spec"])
        self.assertIn("forgotten when the pod is replaced", self.notes(example="no-persistence"))

    def test_memory(self):
        chart = self.render(example="memory")
        self.assertEqual(chart.configuration()["store"], "memory")
        self.assertNotIn("volumeClaimTemplates", chart.find("StatefulSet")["spec"])
        self.assertIn("forgotten when the pod ends", self.notes(example="memory"))
        self.assertIn("nothing to back up", self.refusal("backup.enabled=true", example="memory"))

    def test_bad_values_are_refused(self):
        self.assertIn("must be one of 'sqlite', 'memory'", self.refusal("store.kind=etcd"))
        self.assertIn("/persistence/size", self.refusal("persistence.size=much"))
