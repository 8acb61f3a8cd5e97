{{/* The chart's name. */}}
{{- define "corten.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* The release's name for its objects. */}}
{{- define "corten.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- $name := include "corten.name" . }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{/* Labels by which the pods are found; they never change. */}}
{{- define "corten.selectorLabels" -}}
app.kubernetes.io/name: {{ include "corten.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* The same for an option: name=value,name=value */}}
{{- define "corten.selector" -}}
app.kubernetes.io/name={{ include "corten.name" . }},app.kubernetes.io/instance={{ .Release.Name }}
{{- end }}

{{- define "corten.labels" -}}
{{ include "corten.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: corten
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "corten.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "corten.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "corten.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end }}
{{- end }}

{{/*
What the controller reads and writes in the namespaces that it watches. A golden list in the tests holds it: no
wildcards, and nothing that it does not do.
*/}}
{{- define "corten.namespacedRules" -}}
# Services and EndpointSlices: backends are read; each Gateway gets its own, which are written.
- apiGroups: [""]
  resources: [services]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [get, list, watch, create, patch, delete]
# Watched by their metadata alone; contents are read of those that an object names.
- apiGroups: [""]
  resources: [secrets, configmaps]
  verbs: [get, list, watch]
- apiGroups: [gateway.networking.k8s.io]
  resources:
    - gateways
    - listenersets
    - httproutes
    - grpcroutes
    - tlsroutes
    - tcproutes
    - udproutes
    - referencegrants
    - backendtlspolicies
  verbs: [get, list, watch]
- apiGroups: [gateway.networking.k8s.io]
  resources:
    - gateways/status
    - listenersets/status
    - httproutes/status
    - grpcroutes/status
    - tlsroutes/status
    - tcproutes/status
    - udproutes/status
    - backendtlspolicies/status
  verbs: [patch]
- apiGroups: [corten.dev]
  resources: [backends, backendpolicies, listenerpolicies, gatewayparameters]
  verbs: [get, list, watch]
- apiGroups: [corten.dev]
  resources: [backends/status, backendpolicies/status, listenerpolicies/status]
  verbs: [patch]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end }}

{{/* An admin address in the pods, on the family that listeners have: (tuple root port) */}}
{{- define "corten.admin" -}}
{{- $root := index . 0 }}
{{- $bind := $root.Values.dataplane.bind }}
{{- if contains ":" $bind -}}
[{{ $bind }}]:{{ index . 1 }}
{{- else -}}
{{ $bind }}:{{ index . 1 }}
{{- end }}
{{- end }}
