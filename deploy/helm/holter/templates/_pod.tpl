{{/* The pod, and the claim of its store (empty if the StatefulSet has none of its own). */}}

{{- define "holter.container" -}}
name: holterd
image: {{ include "holter.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
command: [holterd]
args:
- --config=/etc/holter/config/holter.yaml
{{- range .Values.extraArgs }}
- {{ . | quote }}
{{- end }}
{{- $cpus := dig "limits" "cpu" "" (.Values.resources | default dict) }}
{{- $loops := and $cpus (not (hasKey (.Values.config | default dict) "loops")) }}
{{- if or $loops .Values.extraEnv }}
env:
{{- if $loops }}
# A limit of CPUs does not show in the number of cores that a process sees.
- name: HOLTER_LOOPS
  valueFrom:
    resourceFieldRef:
      containerName: holterd
      resource: limits.cpu
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}
{{- with .Values.extraEnvFrom }}
envFrom:
{{ toYaml . }}
{{- end }}
ports:
{{- if include "holter.isServed" . }}
- name: grpc
  containerPort: 7600
{{- end }}
- name: http
  containerPort: 7601
{{- range $probe := list "startupProbe" "livenessProbe" "readinessProbe" }}
{{- with index $.Values $probe }}
{{ $probe }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- with .Values.shutdown.preStopSeconds }}
lifecycle:
  preStop:
    exec:
      command: [sleep, {{ . | quote }}]
{{- end }}
resources:
  {{- toYaml .Values.resources | nindent 2 }}
securityContext:
  {{- toYaml .Values.securityContext | nindent 2 }}
volumeMounts:
{{ include "holter.volumeMounts" . }}
{{- end -}}

{{/* Constraints without a labelSelector get ours. */}}
{{- define "holter.topologySpreadConstraints" -}}
{{- $ours := dict "labelSelector" (dict "matchLabels" (include "holter.selectorLabels" . | fromYaml)) -}}
{{- $constraints := list -}}
{{- range .Values.topologySpreadConstraints -}}
{{- $constraints = append $constraints (hasKey . "labelSelector" | ternary . (merge (deepCopy .) $ours)) -}}
{{- end -}}
{{- toYaml $constraints -}}
{{- end -}}

{{- define "holter.pod" -}}
metadata:
  labels:
    {{- include "holter.podLabels" . | nindent 4 }}
  annotations:
    # Of what a restart is needed for. Sessions, rules, policy, tokens and certificates are read again as they are.
    checksum/config: {{ include "holter.configuration" . | sha256sum }}
    kubectl.kubernetes.io/default-container: holterd
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "holter.serviceAccountName" . }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  {{- with include "holter.imagePullSecrets" . }}
  imagePullSecrets:
    {{- . | nindent 4 }}
  {{- end }}
  terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
  securityContext:
    {{- toYaml .Values.podSecurityContext | nindent 4 }}
  {{- with .Values.extraInitContainers }}
  initContainers:
  {{- toYaml . | nindent 2 }}
  {{- end }}
  containers:
  - {{ include "holter.container" . | nindent 4 | trim }}
  {{- with .Values.extraContainers }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  volumes:
  {{- include "holter.volumes" . | nindent 2 }}
  {{- with .Values.topologySpreadConstraints }}
  topologySpreadConstraints:
  {{- include "holter.topologySpreadConstraints" $ | nindent 2 }}
  {{- end }}
  {{- range $field := list "affinity" "dnsConfig" "dnsPolicy" "hostAliases" "nodeSelector" "priorityClassName" "runtimeClassName" "schedulerName" "tolerations" }}
  {{- with index $.Values $field }}
  {{- dict $field . | toYaml | nindent 2 }}
  {{- end }}
  {{- end }}
{{- end -}}

{{- define "holter.isPersistent" -}}
{{- if and .Values.persistence.enabled (eq .Values.store.kind "sqlite") }}true{{ end -}}
{{- end -}}

{{- define "holter.claim" -}}
{{- if and (include "holter.isPersistent" .) (not .Values.persistence.existingClaim) -}}
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: data
  {{- /* Kubernetes lets nothing of it change later, so common labels are not here. */}}
  labels:
    {{- merge (include "holter.selectorLabels" . | fromYaml) (.Values.persistence.labels | default dict) | toYaml | nindent 4 }}
  {{- with .Values.persistence.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  accessModes:
  {{- toYaml .Values.persistence.accessModes | nindent 2 }}
  {{- with .Values.persistence.storageClassName }}
  storageClassName: {{ eq . "-" | ternary "" . | quote }}
  {{- end }}
  resources:
    requests:
      storage: {{ .Values.persistence.size | quote }}
{{- end -}}
{{- end -}}
