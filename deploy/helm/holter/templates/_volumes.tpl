{{/* Volumes of the pod, and where holterd's container has them. */}}

{{/* (dict "name" n "items" (list (list key path)…)): one key may be several files, as a PEM of certificate and private key is. */}}
{{- define "holter.projectedSecret" -}}
{{- $items := list -}}
{{- range .items -}}
{{- $items = append $items (dict "key" (first .) "path" (last .)) -}}
{{- end -}}
{{- dict "secret" (dict "name" .name "items" $items) | toYaml -}}
{{- end -}}

{{- define "holter.tlsVolume" -}}
{{- $tls := .Values.grpc.tls -}}
name: tls
projected:
  defaultMode: 0440
  sources:
  - {{ include "holter.projectedSecret" (dict "name" $tls.secretName "items" (list (list $tls.certificateKey "tls.crt") (list $tls.privateKeyKey "tls.key"))) | nindent 4 | trim }}
  {{- with $tls.clientCa.secretName }}
  - {{ include "holter.projectedSecret" (dict "name" . "items" (list (list $tls.clientCa.key "client-ca.crt"))) | nindent 4 | trim }}
  {{- end }}
{{- end -}}

{{- define "holter.accessVolume" -}}
name: access
projected:
  defaultMode: 0440
  sources:
  {{- with .Values.access.existingSecret }}
  {{- if .name }}
  - {{ include "holter.projectedSecret" (dict "name" .name "items" (list (list .key "access.yaml"))) | nindent 4 | trim }}
  {{- else }}
  - configMap:
      name: {{ include "holter.fullname" $ }}-access
  {{- end }}
  {{- end }}
  {{- range $file, $token := .Values.access.tokens }}
  - {{ include "holter.projectedSecret" (dict "name" $token.secretName "items" (list (list $token.key (printf "tokens/%s" $file)))) | nindent 4 | trim }}
  {{- end }}
{{- end -}}

{{/* Names of the ConfigMaps of sessions, each once. Each is a volume in a folder of its own: projected into one, of two files of the same
name one would vanish without a word. Volumes are numbered, for their names take neither the dots nor the length of a ConfigMap's. */}}
{{- define "holter.sessionMaps" -}}
{{- $maps := list -}}
{{- if or .Values.sessions .Values.sessionFiles -}}
{{- $maps = append $maps (printf "%s-sessions" (include "holter.fullname" .)) -}}
{{- end -}}
{{- concat $maps (.Values.sessionConfigMaps | default list) | uniq | toYaml -}}
{{- end -}}

{{- define "holter.volumes" -}}
- name: config
  configMap:
    name: {{ include "holter.fullname" . }}-config
- name: tmp
  emptyDir: {}
{{- if .Values.grpc.tls.secretName }}
- {{ include "holter.tlsVolume" . | nindent 2 | trim }}
{{- end }}
{{- if include "holter.hasAccess" . }}
- {{ include "holter.accessVolume" . | nindent 2 | trim }}
{{- end }}
{{- if .Values.policy }}
- name: policy
  configMap:
    name: {{ include "holter.fullname" . }}-policy
{{- end }}
{{- range $number, $map := include "holter.sessionMaps" . | fromYamlArray }}
- name: sessions-{{ $number }}
  configMap:
    name: {{ $map }}
{{- end }}
{{- range $name, $secret := .Values.secrets }}
- name: secret-{{ $name }}
  secret:
    secretName: {{ $secret.secretName | default $name }}
    defaultMode: 0440
{{- end }}
{{- if and .Values.backup.enabled .Values.backup.existingClaim }}
- name: backups
  persistentVolumeClaim:
    claimName: {{ .Values.backup.existingClaim }}
{{- end }}
{{- if include "holter.claim" . | empty }}
- name: data
  {{- if and (include "holter.isPersistent" .) .Values.persistence.existingClaim }}
  persistentVolumeClaim:
    claimName: {{ .Values.persistence.existingClaim }}
  {{- else }}
  emptyDir: {}
  {{- end }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "holter.volumeMounts" -}}
- name: data
  mountPath: /var/lib/holter
- name: tmp
  mountPath: /tmp
- name: config
  mountPath: /etc/holter/config
  readOnly: true
{{- if .Values.grpc.tls.secretName }}
- name: tls
  mountPath: /etc/holter/tls
  readOnly: true
{{- end }}
{{- if include "holter.hasAccess" . }}
- name: access
  mountPath: /etc/holter/access
  readOnly: true
{{- end }}
{{- if .Values.policy }}
- name: policy
  mountPath: /etc/holter/policy
  readOnly: true
{{- end }}
{{- range $number, $map := include "holter.sessionMaps" . | fromYamlArray }}
- name: sessions-{{ $number }}
  mountPath: /etc/holter/sessions/{{ $map }}
  readOnly: true
{{- end }}
{{- range $name, $secret := .Values.secrets }}
- name: secret-{{ $name }}
  mountPath: /etc/holter/secrets/{{ $name }}
  readOnly: true
{{- end }}
{{- if and .Values.backup.enabled .Values.backup.existingClaim }}
- name: backups
  mountPath: {{ include "holter.backupDir" . }}
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}
