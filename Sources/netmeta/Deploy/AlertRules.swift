/// Alert rules for Prometheus about NetMeta itself; Tests/Deploy has their tests.
enum AlertRules {
    static let text = """
        # Made by `netmeta deploy grafana`. The job that scrapes NetMeta's /metrics is expected to be called netmeta.
        groups:
          - name: netmeta
            rules:
              - alert: NetMetaDown
                expr: up{job="netmeta"} == 0
                for: 2m
                labels: {severity: critical}
                annotations:
                  summary: "NetMeta on {{ $labels.instance }} doesn't answer: flows may be lost."
              - alert: NetMetaNotReady
                expr: netmeta_ready == 0
                for: 5m
                labels: {severity: critical}
                annotations:
                  summary: "NetMeta on {{ $labels.instance }} runs, but isn't ready; /readyz says why."
              - alert: NetMetaRowsLost
                expr: sum by (instance, stage, reason) (increase(netmeta_rows_lost_total[10m])) > 0
                labels: {severity: critical}
                annotations:
                  summary: "{{ $value | humanize }} rows lost in 10 minutes at {{ $labels.stage }}: {{ $labels.reason }}."
              - alert: NetMetaDatagramsLost
                expr: sum by (instance, stage, reason) (increase(netmeta_datagrams_lost_total[10m])) > 0
                for: 5m
                labels: {severity: warning}
                annotations:
                  summary: "{{ $value | humanize }} datagrams lost in 10 minutes at {{ $labels.stage }}: {{ $labels.reason }}."
              - alert: NetMetaBehind
                expr: netmeta_ingest_lag_seconds > 60
                for: 5m
                labels: {severity: warning}
                annotations:
                  summary: "Flows are stored {{ $value | humanizeDuration }} after they came in."
              - alert: NetMetaStoreRefuses
                expr: rate(netmeta_store_failures_total[5m]) > 0
                for: 5m
                labels: {severity: critical}
                annotations:
                  summary: "The store refuses batches; they go to the spool while it has room."
              - alert: NetMetaSpoolFillsUp
                expr: netmeta_spool_bytes > 0.5 * netmeta_spool_limit_bytes
                labels: {severity: critical}
                annotations:
                  summary: "The spool is more than half full; when it is full, the oldest rows are dropped."
              - alert: NetMetaDiskAlmostFull
                expr: netmeta_store_free_disk_bytes < 2 * netmeta_store_free_floor_bytes
                for: 10m
                labels: {severity: warning}
                annotations:
                  summary: "{{ $value | humanize1024 }}B free: the oldest flows will be dropped to keep the floor."
              - alert: NetMetaNoFlows
                expr: rate(netmeta_rows_received_total[10m]) == 0 and netmeta_exporters > 0
                for: 15m
                labels: {severity: warning}
                annotations:
                  summary: "No flow has come in for a quarter of an hour."

        """
}
