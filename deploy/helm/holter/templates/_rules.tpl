{{/* The rules of deploy/prometheus with the values' thresholds. */}}

{{/* What Prometheus calls our job: a label of the Service or the pod, as the monitor says, or what the operator makes up without it. */}}
{{- define "holter.job" -}}
{{- $labels := merge (include "holter.selectorLabels" . | fromYaml) (include "holter.labels" . | fromYaml) (.Values.commonLabels | default dict) -}}
{{- $name := include "holter.fullname" . -}}
{{- if .Values.podMonitor.enabled -}}
{{- get (merge $labels (.Values.podLabels | default dict)) (.Values.podMonitor.jobLabel | default "") | default (printf "%s/%s" (.Values.podMonitor.namespace | default (include "holter.namespace" .)) $name) -}}
{{- else -}}
{{- get (merge $labels (.Values.service.labels | default dict)) (.Values.serviceMonitor.jobLabel | default "") | default $name -}}
{{- end -}}
{{- end -}}

{{/* As YAML. Our own series alone, so that two releases do not judge each other's. */}}
{{- define "holter.thresholds" -}}
{{- $defaults := .Files.Get "files/prometheus/thresholds.yaml" | fromYaml -}}
{{- $thresholds := set (deepCopy $defaults) "selector" (printf "job=%q, namespace=%q" (include "holter.job" .) (include "holter.namespace" .)) -}}
{{- range $name, $value := .Values.prometheusRule.thresholds -}}
{{- if not (hasKey $defaults $name) -}}
{{- fail (printf "prometheusRule.thresholds.%s: there is none of this name; there are %s" $name (keys $defaults | sortAlpha | join ", ")) -}}
{{- end -}}
{{- /* One by one: `merge` takes 0 for a value that is not there. */ -}}
{{- $_ := set $thresholds $name $value -}}
{{- end -}}
{{- toYaml $thresholds -}}
{{- end -}}

{{- define "holter.ruleGroups" -}}
{{- $text := .Files.Get "files/prometheus/rules.yaml.in" -}}
{{- range $name, $value := include "holter.thresholds" . | fromYaml -}}
{{- $text = replace (printf "${%s}" $name) (toString $value) $text -}}
{{- end -}}
{{- $unknown := keys (.Values.prometheusRule.disabled | default dict) -}}
{{- $groups := list -}}
{{- $read := $text | fromYaml -}}
{{- if not $read.groups -}}
{{- fail (printf "prometheusRule.thresholds: with these the rules cannot be read: %v" $read.Error) -}}
{{- end -}}
{{- range $group := $read.groups -}}
{{- $rules := list -}}
{{- range $rule := $group.rules -}}
{{- $unknown = without $unknown $rule.alert -}}
{{- if and $rule.alert $.Values.prometheusRule.alertLabels -}}
{{- $_ := set $rule "labels" (merge $rule.labels ($.Values.prometheusRule.alertLabels | default dict)) -}}
{{- end -}}
{{- /* The operator wants text, also where YAML reads a number. */ -}}
{{- if hasKey $rule "for" -}}
{{- $_ := set $rule "for" (toString $rule.for) -}}
{{- end -}}
{{- if not (get ($.Values.prometheusRule.disabled | default dict) ($rule.alert | default "")) -}}
{{- $rules = append $rules $rule -}}
{{- end -}}
{{- end -}}
{{- $groups = append $groups (set $group "rules" $rules) -}}
{{- end -}}
{{- with $unknown -}}
{{- fail (printf "prometheusRule.disabled: there is no alert %s" (join ", " .)) -}}
{{- end -}}
{{- toYaml $groups -}}
{{- end -}}
