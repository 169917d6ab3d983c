{{- define "natgw.labels" -}}
app.kubernetes.io/name: natgw-controller
{{- end -}}

{{/* The configuration file: what the product's values and ours have in common. */}}
{{- define "natgw.config" -}}
{{- $config := dict -}}
{{- range $key, $value := .Values -}}
{{- if not (has $key (list "image" "imagePullSecrets" "replicas" "serviceAccount" "priorityClassName" "resources" "nodeSelector" "tolerations" "podLabels" "podAnnotations" "extraEnv" "extraVolumes" "extraVolumeMounts" "networkPolicy" "serviceMonitor" "credential" "global")) -}}
{{- $_ := set $config $key $value -}}
{{- end -}}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}

{{- define "natgw.lease" -}}
{{- toYaml (default dict (default dict .Values.natgw).lease) -}}
{{- end -}}

{{- define "natgw.leaseNamespace" -}}
{{- default "kube-system" (include "natgw.lease" . | fromYaml).namespace -}}
{{- end -}}

{{/* Each class has a lease of its own. */}}
{{- define "natgw.leaseName" -}}
{{- default "natgw-controller" (include "natgw.lease" . | fromYaml).name -}}
{{- with (default dict .Values.natgw).class -}}-{{ . }}{{- end -}}
{{- end -}}
