#!/usr/bin/env python3
"""Turns what `helm template` prints into what `podman kube play` runs: the pod that the StatefulSet would make, the claim that it
would make for it, the ConfigMaps and Secrets. Podman 4.3 plays no StatefulSet.

Usage: helm template NAME CHART | pod_manifests.py

What podman cannot do is left out and named on standard error; what would change the meaning is refused.
"""
import sys

import yaml

# podman asks no probe without curl in the image, has no hook before a stop, knows neither accounts nor groups of volumes, and would
# take a container's ports for ports of the machine.
OF_CONTAINERS = ("startupProbe", "livenessProbe", "readinessProbe", "lifecycle", "ports")
OF_PODS = ("serviceAccountName", "automountServiceAccountToken", "enableServiceLinks", "topologySpreadConstraints")
OF_SECURITY = ("fsGroup", "fsGroupChangePolicy", "seccompProfile")
PLAYED_AS_THEY_ARE = ("ConfigMap", "Secret", "PersistentVolumeClaim")


class Refusal(Exception):
    pass


def drop(mapping, keys, where, notes):
    for key in keys:
        if key in mapping:
            del mapping[key]
            notes.append(f"{where}.{key}")


def volume_of(volume):
    """A projected volume with one source is a volume of that source."""
    if "projected" not in volume:
        return volume
    sources = volume["projected"]["sources"]
    if len(sources) != 1:
        raise Refusal(f"volume {volume['name']}: podman projects no {len(sources)} sources into one volume")
    (kind, source), = sources[0].items()
    if kind == "secret":
        source = {"secretName": source["name"], **({"items": source["items"]} if "items" in source else {})}
    return {"name": volume["name"], kind: source}


def pod_of(stateful_set, notes):
    """The first pod of the set, and its claims."""
    spec, name = stateful_set["spec"], stateful_set["metadata"]["name"] + "-0"
    if spec["replicas"] != 1:
        raise Refusal(f"expected one replica, got {spec['replicas']}")
    template = spec["template"]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, **template["metadata"]}, "spec": template["spec"]}
    drop(pod["metadata"], ("annotations",), "metadata", notes)  # podman bounds their values at 63 characters
    drop(pod["spec"], OF_PODS, "spec", notes)
    drop(pod["spec"].get("securityContext", {}), OF_SECURITY, "spec.securityContext", notes)
    for container in pod["spec"]["containers"]:
        drop(container, OF_CONTAINERS, container["name"], notes)
    claims = []
    volumes = [volume_of(volume) for volume in pod["spec"].get("volumes", [])]
    for claim in spec.get("volumeClaimTemplates", []):
        label = claim["metadata"]["name"]
        claims.append({**claim, "metadata": {**claim["metadata"], "name": f"{label}-{name}"}})
        volumes.append({"name": label, "persistentVolumeClaim": {"claimName": f"{label}-{name}"}})
    pod["spec"]["volumes"] = volumes
    return pod, claims


def convert(documents):
    """What to play, in order, and what was left out."""
    notes, played, pods = [], [], []
    for document in documents:
        if not document:
            continue
        kind, metadata = document["kind"], document["metadata"]
        if "helm.sh/hook" in metadata.get("annotations", {}):
            notes.append(f"hook {metadata['name']}")
        elif kind in PLAYED_AS_THEY_ARE:
            played.append(document)
        elif kind == "StatefulSet":
            pod, claims = pod_of(document, notes)
            played += claims
            pods.append(pod)
        else:
            notes.append(f"{kind} {metadata['name']}")
    if len(pods) != 1:
        raise Refusal(f"expected one StatefulSet, got {len(pods)}")
    return played + pods, notes


def main():
    try:
        played, notes = convert(yaml.safe_load_all(sys.stdin))
    except Refusal as refusal:
        sys.exit(f"pod_manifests: {refusal}")
    yaml.safe_dump_all(played, sys.stdout, sort_keys=False)
    print(f"left out: {', '.join(notes)}", file=sys.stderr)


if __name__ == "__main__":
    main()
