{{/* Rules as YAML lists. An empty `from` would mean everybody, so a rule without peers is left out. */}}

{{- define "holter.ingressRules" -}}
{{- $rules := list -}}
{{- $callers := .Values.networkPolicy.grpcFrom | default list -}}
{{- if include "holter.hasTest" . -}}
{{- $callers = append $callers (dict "podSelector" (dict "matchLabels" (include "holter.testLabels" . | fromYaml))) -}}
{{- end -}}
{{- if and $callers (include "holter.isServed" .) -}}
{{- $rules = append $rules (dict "from" $callers "ports" (list (dict "port" "grpc" "protocol" "TCP"))) -}}
{{- end -}}
{{- with .Values.networkPolicy.httpFrom -}}
{{- $rules = append $rules (dict "from" . "ports" (list (dict "port" "http" "protocol" "TCP"))) -}}
{{- end -}}
{{- concat $rules (.Values.networkPolicy.extraIngress | default list) | default list | toYaml -}}
{{- end -}}

{{- define "holter.egressRules" -}}
{{- $rules := list -}}
{{- with .Values.networkPolicy.egress -}}
{{- if .dns -}}
{{- $rules = append $rules (dict "ports" (list (dict "port" 53 "protocol" "UDP") (dict "port" 53 "protocol" "TCP"))) -}}
{{- end -}}
{{- if .internet -}}
{{- $v4 := dict "ipBlock" (dict "cidr" "0.0.0.0/0" "except" .except) -}}
{{- $v6 := dict "ipBlock" (dict "cidr" "::/0" "except" .exceptIPv6) -}}
{{- $rule := dict "to" (list $v4 $v6) -}}
{{- $ports := list -}}
{{- range .ports -}}
{{- $ports = append $ports (dict "port" . "protocol" "TCP") -}}
{{- end -}}
{{- if $ports }}{{ $_ := set $rule "ports" $ports }}{{ end -}}
{{- $rules = append $rules $rule -}}
{{- end -}}
{{- end -}}
{{- concat $rules (.Values.networkPolicy.extraEgress | default list) | default list | toYaml -}}
{{- end -}}
