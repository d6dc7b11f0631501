import FlowQuery

/// A panel in Grafana's JSON, with its size in the grid.
struct GrafanaPanel {
    var object: [String: Any]
    var width = 12
    var height = 9

    /// The data source of flows.
    static var flows: [String: Any] {
        ["type": "grafana-clickhouse-datasource", "uid": GrafanaDashboard.flowsUID]
    }
    private static var metrics: [String: Any] { ["type": "prometheus", "uid": GrafanaDashboard.metricsUID] }

    /// A panel that the console has too.
    static func of(_ panel: Panel) -> GrafanaPanel {
        let sql = GrafanaSQL.text(of: panel).text
        return switch panel.content {
        case .graph: lines(panel.title, sql, unit: panel.unit == .flows ? "short" : "bps", width: 12)
        case .top: table(panel.title, sql, width: panel.isWide ? 24 : 12)
        case .values: heatmap(panel.title, sql)
        }
    }

    static func lines(_ title: String, _ sql: String, unit: String, width: Int) -> GrafanaPanel {
        GrafanaPanel(
            object: [
                "type": "timeseries", "title": title, "datasource": flows,
                "targets": [target(sql, isSeries: true)],
                "fieldConfig": [
                    "defaults": [
                        "unit": unit, "displayName": "${__field.labels.series}",
                        "custom": ["drawStyle": "line", "fillOpacity": 10, "showPoints": "never"] as [String: Any],
                    ] as [String: Any],
                    "overrides": [],
                ] as [String: Any],
                "options": [
                    "legend": ["displayMode": "list", "placement": "bottom"],
                    "tooltip": ["mode": "multi", "sort": "desc"],
                ],
            ],
            width: width
        )
    }

    private static func table(_ title: String, _ sql: String, width: Int) -> GrafanaPanel {
        GrafanaPanel(
            object: [
                "type": "table", "title": title, "datasource": flows, "targets": [target(sql, isSeries: false)],
                "fieldConfig": [
                    "defaults": [:] as [String: Any],
                    "overrides": [
                        [
                            "matcher": ["id": "byName", "options": "Traffic"],
                            "properties": [["id": "unit", "value": "bytes"]],
                        ] as [String: Any]
                    ],
                ] as [String: Any],
            ],
            width: width
        )
    }

    private static func heatmap(_ title: String, _ sql: String) -> GrafanaPanel {
        GrafanaPanel(object: [
            "type": "heatmap", "title": title, "datasource": flows, "targets": [target(sql, isSeries: true)],
            "fieldConfig": [
                "defaults": ["displayName": "${__field.labels.series}"], "overrides": [],
            ] as [String: Any],
            "options": ["calculate": false, "color": ["mode": "scheme", "scheme": "Turbo"]] as [String: Any],
        ])
    }

    /// Drawn by the plug-in netsage-sankey-panel: columns of text from left to right, then the amount.
    static func sankey(_ title: String, _ sql: String) -> GrafanaPanel {
        GrafanaPanel(
            object: [
                "type": "netsage-sankey-panel", "title": title, "datasource": flows,
                "targets": [target(sql, isSeries: false)],
                "fieldConfig": ["defaults": ["unit": "bytes"], "overrides": []] as [String: Any],
                "options": ["valueFieldName": "Bytes"],
            ],
            height: 14
        )
    }

    static func number(_ title: String, _ sql: String, unit: String) -> GrafanaPanel {
        stat(title, flows, target(sql, isSeries: false), unit)
    }

    /// A figure from NetMeta's metrics.
    static func metric(_ title: String, _ expression: String, _ unit: String, _ width: Int) -> GrafanaPanel {
        stat(title, metrics, ["refId": "A", "datasource": metrics, "expr": expression, "instant": true], unit)
    }

    private static func stat(
        _ title: String,
        _ source: [String: Any],
        _ target: [String: Any],
        _ unit: String
    ) -> GrafanaPanel {
        GrafanaPanel(
            object: [
                "type": "stat", "title": title, "datasource": source, "targets": [target],
                "fieldConfig": ["defaults": ["unit": unit], "overrides": []] as [String: Any],
                "options": ["graphMode": "none", "colorMode": "none"],
            ],
            width: 4,
            height: 4
        )
    }

    /// Lines from NetMeta's metrics.
    static func metricLines(_ title: String, _ expression: String, _ legend: String, _ unit: String) -> GrafanaPanel {
        GrafanaPanel(object: [
            "type": "timeseries", "title": title, "datasource": metrics,
            "targets": [
                ["refId": "A", "datasource": metrics, "expr": expression, "legendFormat": legend] as [String: Any]
            ],
            "fieldConfig": [
                "defaults": ["unit": unit, "custom": ["fillOpacity": 10, "showPoints": "never"] as [String: Any]]
                    as [String: Any],
                "overrides": [],
            ] as [String: Any],
        ])
    }

    static func row(_ title: String) -> GrafanaPanel {
        GrafanaPanel(object: ["type": "row", "title": title, "collapsed": false, "panels": []], width: 24, height: 1)
    }

    static func text(_ markdown: String) -> GrafanaPanel {
        GrafanaPanel(
            object: ["type": "text", "title": "", "options": ["mode": "markdown", "content": markdown]],
            width: 24,
            height: 12
        )
    }

    /// A statement as version 4 of the plug-in keeps it.
    private static func target(_ sql: String, isSeries: Bool) -> [String: Any] {
        [
            "refId": "A", "datasource": flows, "editorType": "sql", "rawSql": sql,
            "queryType": isSeries ? "timeseries" : "table", "format": isSeries ? 0 : 1, "pluginVersion": "4.0.0",
        ]
    }
}
