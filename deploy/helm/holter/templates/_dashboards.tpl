{{/* Of a file's path, such as files/dashboards/holter-fleet.json: dashboard-fleet. */}}
{{- define "holter.dashboardName" -}}
{{- base . | trimSuffix ".json" | trimPrefix "holter-" | printf "dashboard-%s" -}}
{{- end -}}
