{{- /* What both programs have in common. Called with a dict: root, program, component. */ -}}

{{- define "heddle.labels" -}}
app.kubernetes.io/name: {{ .program }}
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/part-of: heddle
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
heddle.mesh/part-of: heddle
{{- end -}}

{{- define "heddle.plainLabels" -}}
app.kubernetes.io/name: heddle
app.kubernetes.io/part-of: heddle
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
heddle.mesh/part-of: heddle
{{- end -}}

{{- define "heddle.selector" -}}
app.kubernetes.io/name: {{ .program }}
heddle.mesh/part-of: heddle
{{- end -}}

{{- define "heddle.deployment" -}}
replicas: {{ .root.Values.replicas | default (ternary 3 1 .root.Values.ha) }}
revisionHistoryLimit: 3
selector:
  matchLabels:
    {{- include "heddle.selector" . | nindent 4 }}
strategy:
  type: RollingUpdate
  rollingUpdate:
    maxUnavailable: 0
    maxSurge: 1
{{- end -}}

{{- define "heddle.podMetadata" -}}
labels:
  {{- include "heddle.selector" . | nindent 2 }}
  app.kubernetes.io/component: {{ .component }}
  heddle.mesh/inject: disabled
annotations:
  kubectl.kubernetes.io/default-container: {{ .component }}
{{- end -}}

{{- define "heddle.placement" -}}
{{- $values := .root.Values -}}
serviceAccountName: {{ .program }}
{{- with $values.priorityClass | default (ternary "system-cluster-critical" "" $values.ha) }}
priorityClassName: {{ . | quote }}
{{- end }}
nodeSelector:
  {{- merge (dict) $values.nodeSelector (dict "kubernetes.io/os" "linux") | toYaml | nindent 2 }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.imagePullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . | quote }}
  {{- end }}
{{- end }}
{{- if $values.ha }}
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          labelSelector:
            matchLabels:
              {{- include "heddle.selector" . | nindent 14 }}
          topologyKey: kubernetes.io/hostname
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: topology.kubernetes.io/zone
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "heddle.selector" . | nindent 8 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  seccompProfile:
    type: RuntimeDefault
{{- end -}}

{{- define "heddle.environment" -}}
- name: POD_NAMESPACE
  valueFrom:
    fieldRef:
      fieldPath: metadata.namespace
{{- end -}}

{{- define "heddle.container" -}}
startupProbe:
  httpGet:
    path: /live
    port: admin
    scheme: HTTP
  periodSeconds: 1
  timeoutSeconds: 5
  failureThreshold: 120
readinessProbe:
  httpGet:
    path: /ready
    port: admin
    scheme: HTTP
  periodSeconds: 5
  timeoutSeconds: 5
  failureThreshold: 6
livenessProbe:
  httpGet:
    path: /live
    port: admin
    scheme: HTTP
  periodSeconds: 10
  timeoutSeconds: 10
  failureThreshold: 12
securityContext:
  runAsNonRoot: true
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop:
      - ALL
  seccompProfile:
    type: RuntimeDefault
terminationMessagePolicy: FallbackToLogsOnError
{{- end -}}

{{- define "heddle.adminPeers" -}}
{{- with .Values.adminFrom }}
from:
  - namespaceSelector:
      matchExpressions:
        - key: kubernetes.io/metadata.name
          operator: In
          values:
            {{- list $.Release.Namespace $.Values.monitoringNamespace "kube-system" | uniq | toYaml | nindent 12 }}
  {{- range . }}
  - ipBlock:
      cidr: {{ . | quote }}
  {{- end }}
{{- end }}
{{- end -}}
