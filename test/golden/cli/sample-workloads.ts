/** Manifests of a shop, one workload for each thing that injection says. */
export const WORKLOADS = `apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {ports: [{port: 80}]}   # as it is
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata:
      labels: {app: web}
      annotations:
        heddle.mesh/mode: explicit
        heddle.mesh/wokrers: "2"   # misspelt
    spec:
      # What runs.
      containers:
      - name: web
        image: "web:7"
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: node-exporter, namespace: shop}
spec:
  template:
    spec: {hostNetwork: true, containers: [{name: exporter, image: exporter:1}]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: backup, namespace: shop}
spec:
  jobTemplate:
    spec:
      template:
        metadata: {annotations: {heddle.mesh/inject: disabled}}
        spec: {containers: [{name: backup, image: backup:1}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: shop}
spec:
  template:
    metadata: {annotations: {heddle.mesh/grace-time: "90"}}
    spec: {containers: [{name: db, image: db:1}]}
`;
