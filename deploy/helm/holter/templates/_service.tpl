{{- define "holter.servicePort" -}}
name: {{ .name }}
port: {{ .values.port }}
targetPort: {{ .target }}
{{- with .values.appProtocol }}
appProtocol: {{ . }}
{{- end }}
{{- with .values.nodePort }}
nodePort: {{ . }}
{{- end }}
{{- end -}}
