{{/* Names and labels. */}}

{{- define "holter.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* 52 characters, so that what is appended, and the names of pods, stay below 63. */}}
{{- define "holter.fullname" -}}
{{- $name := .Values.nameOverride | default .Chart.Name -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "holter.namespace" -}}
{{- .Values.namespaceOverride | default .Release.Namespace -}}
{{- end -}}

{{- define "holter.serviceAccountName" -}}
{{- $name := .Values.serviceAccount.create | ternary (include "holter.fullname" .) "default" -}}
{{- .Values.serviceAccount.name | default $name -}}
{{- end -}}

{{- define "holter.selectorLabels" -}}
app.kubernetes.io/name: {{ include "holter.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: monitor
{{- end -}}

{{- define "holter.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: holter
{{- end -}}

{{/* The chart's version is not among them: a new chart alone restarts nothing. */}}
{{- define "holter.podLabels" -}}
{{- $labels := omit (include "holter.labels" . | fromYaml) "helm.sh/chart" -}}
{{- merge (include "holter.selectorLabels" . | fromYaml) $labels (.Values.podLabels | default dict) (.Values.commonLabels | default dict) | toYaml -}}
{{- end -}}

{{/* metadata of a resource. (dict "context" $ "suffix" s or "name" n "component" c "labels" {} "annotations" {} "namespace" n) */}}
{{- define "holter.metadata" -}}
{{- $root := .context -}}
{{- $selector := include "holter.selectorLabels" $root | fromYaml -}}
{{- if .component -}}
{{- $_ := set $selector "app.kubernetes.io/component" .component -}}
{{- end -}}
{{- $name := include "holter.fullname" $root -}}
{{- with .suffix }}{{ $name = printf "%s-%s" $name . }}{{ end -}}
name: {{ .name | default $name }}
namespace: {{ .namespace | default (include "holter.namespace" $root) }}
labels:
  {{- merge $selector (include "holter.labels" $root | fromYaml) (.labels | default dict) ($root.Values.commonLabels | default dict) | toYaml | nindent 2 }}
{{- with .annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "holter.image" -}}
{{- $registry := (.Values.global).imageRegistry | default .Values.image.registry -}}
{{- with $registry }}{{ . }}/{{ end -}}
{{- .Values.image.repository -}}
{{- if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end -}}
{{- end -}}

{{/* Names as text, or maps as they are in a pod. */}}
{{- define "holter.imagePullSecrets" -}}
{{- range concat ((.Values.global).imagePullSecrets | default list) (.Values.image.pullSecrets | default list) }}
- {{ kindIs "map" . | ternary . (dict "name" .) | toYaml }}
{{- end }}
{{- end -}}

{{/* "true" if an object shall be made. (dict "context" $ "enabled" true|false|auto "api" group/version/kind) */}}
{{- define "holter.wanted" -}}
{{- if eq (toString .enabled) "auto" -}}
{{- .context.Capabilities.APIVersions.Has .api | ternary "true" "" -}}
{{- else if .enabled -}}
true
{{- end -}}
{{- end -}}
