{{/* What the test shows and trusts. */}}

{{/* "true" if there is an API to call and the test has what callers need. */}}
{{- define "holter.hasTest" -}}
{{- $test := .Values.test -}}
{{- $may := or $test.clientCertificate.secretName (not .Values.grpc.tls.clientCa.secretName) -}}
{{- $known := or $test.clientCertificate.secretName $test.token.secretName (include "holter.hasAccess" . | empty) -}}
{{- if and $test.enabled (include "holter.isServed" .) $may $known }}true{{ end -}}
{{- end -}}

{{- define "holter.testLabels" -}}
{{- set (include "holter.selectorLabels" . | fromYaml) "app.kubernetes.io/component" "test" | toYaml -}}
{{- end -}}

{{- define "holter.testArguments" -}}
- --server={{ include "holter.apiHost" . }}:{{ .Values.service.grpc.port }}
- --tenant={{ .Values.test.tenant }}
- --deadline=30s
{{- if .Values.grpc.tls.secretName }}
- --ca=/etc/holter/test/ca.crt
- --server-name={{ .Values.grpc.tls.serverName | default (include "holter.apiHost" .) }}
{{- end }}
{{- if .Values.test.clientCertificate.secretName }}
- --cert=/etc/holter/test/tls.crt
- --key=/etc/holter/test/tls.key
{{- end }}
{{- if .Values.test.token.secretName }}
- --token-file=/etc/holter/test/token
{{- end }}
- summary
{{- end -}}

{{- define "holter.testVolumes" -}}
{{- $test := .Values.test -}}
{{- if .Values.grpc.tls.secretName }}
- {{ include "holter.projectedSecret" (dict "name" ($test.ca.secretName | default .Values.grpc.tls.secretName) "items" (list (list $test.ca.key "ca.crt"))) | nindent 2 | trim }}
{{- end }}
{{- with $test.clientCertificate.secretName }}
- {{ include "holter.projectedSecret" (dict "name" . "items" (list (list "tls.crt" "tls.crt") (list "tls.key" "tls.key"))) | nindent 2 | trim }}
{{- end }}
{{- with $test.token.secretName }}
- {{ include "holter.projectedSecret" (dict "name" . "items" (list (list $test.token.key "token"))) | nindent 2 | trim }}
{{- end }}
{{- end -}}
