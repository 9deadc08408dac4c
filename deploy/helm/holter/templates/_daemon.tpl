{{/* What holterd is told, and where its files are. */}}

{{- define "holter.hasAccess" -}}
{{- if or .Values.access.rules .Values.access.existingSecret.name }}true{{ end -}}
{{- end -}}

{{/* "true" if other pods can call the API: by the rule that holterd has itself. */}}
{{- define "holter.isServed" -}}
{{- $tls := .Values.grpc.tls -}}
{{- if or .Values.grpc.insecure (and $tls.secretName (or $tls.clientCa.secretName (include "holter.hasAccess" .))) }}true{{ end -}}
{{- end -}}

{{- define "holter.hasSessions" -}}
{{- if or .Values.sessions .Values.sessionFiles .Values.sessionConfigMaps }}true{{ end -}}
{{- end -}}

{{- define "holter.apiHost" -}}
{{- printf "%s.%s.svc" (include "holter.fullname" .) (include "holter.namespace" .) -}}
{{- end -}}

{{- define "holter.backupDir" -}}
{{- .Values.backup.existingClaim | empty | ternary "/var/lib/holter/backups" "/var/lib/holter-backups" -}}
{{- end -}}

{{/* holter.yaml: `config`, and what the rest of the values comes to. */}}
{{- define "holter.configuration" -}}
{{- $listen := include "holter.isServed" . | eq "true" | ternary .Values.listenAddress "127.0.0.1" -}}
{{- $own := dict
    "grpc-listen" (printf "%s:7600" $listen)
    "http-listen" (printf "%s:7601" .Values.listenAddress)
    "insecure-http" true
    "store" .Values.store.kind
    "data-dir" "/var/lib/holter"
    "stop-timeout" (printf "%vs" .Values.shutdown.closeSeconds) -}}
{{- if .Values.grpc.insecure }}{{ $_ := set $own "insecure" true }}{{ end -}}
{{- if .Values.grpc.tls.secretName -}}
{{- $_ := set $own "grpc-tls-cert" "/etc/holter/tls/tls.crt" -}}
{{- $_ := set $own "grpc-tls-key" "/etc/holter/tls/tls.key" -}}
{{- end -}}
{{- if .Values.grpc.tls.clientCa.secretName }}{{ $_ := set $own "grpc-client-ca" "/etc/holter/tls/client-ca.crt" }}{{ end -}}
{{- if include "holter.hasAccess" . }}{{ $_ := set $own "access-file" "/etc/holter/access/access.yaml" }}{{ end -}}
{{- if .Values.policy }}{{ $_ := set $own "policy-file" "/etc/holter/policy/policy.yaml" }}{{ end -}}
{{- if include "holter.hasSessions" . }}{{ $_ := set $own "sessions-dir" "/etc/holter/sessions" }}{{ end -}}
{{- if .Values.secrets }}{{ $_ := set $own "secrets-dir" "/etc/holter/secrets" }}{{ end -}}
{{- if .Values.backup.enabled }}{{ $_ := set $own "backup-dir" (include "holter.backupDir" .) }}{{ end -}}
{{- with .Values.auditLog.path }}{{ $_ := set $own "audit-log" . }}{{ end -}}
{{- merge $own (.Values.config | default dict) | toYaml -}}
{{- end -}}

{{/* sessions.yaml of `sessions`. */}}
{{- define "holter.sessions" -}}
{{- $sessions := list -}}
{{- range $name, $session := .Values.sessions -}}
{{- $whole := printf "tenants/%s/sessions/%s" ($session.tenant | default "default") $name -}}
{{- $sessions = append $sessions (merge (dict "name" $whole) (omit $session "tenant")) -}}
{{- end -}}
{{- dict "sessions" $sessions | toYaml -}}
{{- end -}}
