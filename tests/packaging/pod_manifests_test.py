#!/usr/bin/env python3
"""What pod_manifests.py makes of a chart's output."""
import copy
import unittest

import pod_manifests

SET = {
    "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "h"},
    "spec": {
        "replicas": 1,
        "template": {
            "metadata": {"labels": {"a": "b"}, "annotations": {"checksum/config": "64 characters"}},
            "spec": {
                "serviceAccountName": "h", "terminationGracePeriodSeconds": 30,
                "securityContext": {"runAsUser": 65532, "fsGroup": 65532},
                "containers": [{"name": "holterd", "image": "i", "livenessProbe": {}, "volumeMounts": [{"name": "data"}]}],
                "volumes": [{"name": "config", "configMap": {"name": "c"}},
                            {"name": "access", "projected": {"sources": [{"configMap": {"name": "s"}}]}}],
            },
        },
        "volumeClaimTemplates": [{"kind": "PersistentVolumeClaim", "metadata": {"name": "data"}, "spec": {"accessModes": ["x"]}}],
    },
}
CONFIG = {"kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"k": "v"}}
SERVICE = {"kind": "Service", "metadata": {"name": "h"}}
HOOK = {"kind": "Pod", "metadata": {"name": "h-test", "annotations": {"helm.sh/hook": "test"}}}


class PodManifestsTest(unittest.TestCase):
    def setUp(self):
        self.set = copy.deepcopy(SET)

    def convert(self, *more):
        played, self.notes = pod_manifests.convert([self.set, *more])
        return {each["kind"]: each for each in played}

    def test_the_pod_is_the_first_of_the_set(self):
        pod = self.convert()["Pod"]
        self.assertEqual(pod["metadata"], {"name": "h-0", "labels": {"a": "b"}})
        self.assertEqual(pod["spec"]["terminationGracePeriodSeconds"], 30)
        self.assertEqual(pod["spec"]["securityContext"], {"runAsUser": 65532})
        self.assertEqual(pod["spec"]["containers"][0]["image"], "i")

    def test_its_claim_is_named_as_the_set_would_name_it(self):
        played = self.convert()
        self.assertEqual(played["PersistentVolumeClaim"]["metadata"]["name"], "data-h-0")
        self.assertEqual(played["PersistentVolumeClaim"]["spec"], {"accessModes": ["x"]})
        self.assertIn({"name": "data", "persistentVolumeClaim": {"claimName": "data-h-0"}}, played["Pod"]["spec"]["volumes"])

    def test_a_projection_of_one_source_is_that_source(self):
        volumes = self.convert()["Pod"]["spec"]["volumes"]
        self.assertIn({"name": "access", "configMap": {"name": "s"}}, volumes)
        self.assertEqual(
            pod_manifests.volume_of({"name": "t", "projected": {"sources": [{"secret": {"name": "n", "items": [1]}}]}}),
            {"name": "t", "secret": {"secretName": "n", "items": [1]}})

    def test_several_sources_are_refused(self):
        self.set["spec"]["template"]["spec"]["volumes"][1]["projected"]["sources"] *= 2
        with self.assertRaisesRegex(pod_manifests.Refusal, "volume access"):
            self.convert()

    def test_other_numbers_of_pods_are_refused(self):
        self.set["spec"]["replicas"] = 0
        with self.assertRaisesRegex(pod_manifests.Refusal, "one replica"):
            self.convert()
        with self.assertRaisesRegex(pod_manifests.Refusal, "one StatefulSet, got 0"):
            pod_manifests.convert([CONFIG])

    def test_what_is_left_out_is_named(self):
        played = self.convert(CONFIG, SERVICE, HOOK, None)
        self.assertEqual(set(played), {"ConfigMap", "PersistentVolumeClaim", "Pod"})
        self.assertEqual(played["ConfigMap"], CONFIG)
        for each in ("Service h", "hook h-test", "holterd.livenessProbe", "spec.serviceAccountName", "spec.securityContext.fsGroup"):
            self.assertIn(each, self.notes)


if __name__ == "__main__":
    unittest.main()
