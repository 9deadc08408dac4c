{{/* What ServiceMonitor and PodMonitor share: one endpoint. (dict "values" .Values.serviceMonitor "port" name) */}}
{{- define "holter.endpoint" -}}
port: {{ .port }}
path: /metrics
scheme: {{ .values.scheme }}
honorLabels: {{ .values.honorLabels }}
{{- $values := .values }}
{{- range $field := list "interval" "scrapeTimeout" "authorization" "tlsConfig" "relabelings" "metricRelabelings" }}
{{- with index $values $field }}
{{ dict $field . | toYaml }}
{{- end }}
{{- end }}
{{- end -}}
