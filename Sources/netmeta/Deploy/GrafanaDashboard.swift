import FlowQuery
import Foundation

/// A dashboard in Grafana's JSON, rendered from the panels that the console has too.
struct GrafanaDashboard {
    static let flowsUID = "netmeta-flows"
    static let metricsUID = "netmeta-metrics"

    /// What Grafana calls it in addresses.
    var uid: String
    var title: String
    /// Panels from the top, each with its size; Grafana's grid is 24 wide.
    var panels: [GrafanaPanel]
    var hasVariables = true

    /// The dashboard as a file.
    var text: String {
        get throws {
            let bytes = try JSONSerialization.data(
                withJSONObject: object,
                options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            )
            return String(decoding: bytes, as: UTF8.self) + "\n"
        }
    }

    private var object: [String: Any] {
        [
            "uid": uid, "title": title, "tags": ["netmeta"],
            "annotations": ["list": hasVariables ? [Self.attacks] : []], "schemaVersion": 39, "version": 1,
            "editable": true,
            "timezone": "", "refresh": "", "time": ["from": "now-1h", "to": "now"], "graphTooltip": 1,
            "panels": placed, "templating": ["list": hasVariables ? Self.variables : []],
            "links": [
                [
                    "type": "dashboards", "tags": ["netmeta"], "title": "NetMeta", "asDropdown": true,
                    "includeVars": true, "keepTime": true,
                ] as [String: Any]
            ],
        ]
    }

    /// What `events` has, attacks of FastNetMon among it, drawn over every panel.
    private static var attacks: [String: Any] {
        let sql = """
            SELECT TimeStart AS time, if(TimeEnd = 0, now(), TimeEnd) AS timeEnd, Title AS title, \
            concat(Subject, ' ', Text) AS text, Kind AS tags
            FROM events WHERE TimeStart <= $__toTime AND (TimeEnd = 0 OR TimeEnd >= $__fromTime)
            """
        return [
            "name": "Events", "enable": true, "iconColor": "red", "datasource": GrafanaPanel.flows,
            "target": ["refId": "Anno", "editorType": "sql", "rawSql": sql, "queryType": "table", "format": 1],
        ]
    }

    /// Panels with their places: from left to right, and below where there is no room.
    private var placed: [[String: Any]] {
        var x = 0
        var y = 0
        var height = 0
        return panels.enumerated().map { number, panel in
            if x + panel.width > 24 {
                y += height
                (x, height) = (0, 0)
            }
            var object = panel.object
            object["id"] = number + 1
            object["gridPos"] = ["x": x, "y": y, "w": panel.width, "h": panel.height]
            x += panel.width
            height = max(height, panel.height)
            return object
        }
    }

    private static var variables: [[String: Any]] {
        fields + [
            // Conditions on any column, which the plug-in adds to whatever reads the table that the constant names.
            [
                "type": "adhoc", "name": "filters", "label": "Filters", "hide": 0, "filters": [Any](),
                "datasource": GrafanaPanel.flows,
            ],
            [
                "type": "constant", "name": "clickhouse_adhoc_query", "hide": 2, "query": GrafanaSQL.sample.text,
                "current": ["text": GrafanaSQL.sample.text, "value": GrafanaSQL.sample.text],
            ],
        ]
    }

    private static var fields: [[String: Any]] {
        GrafanaSQL.Variable.allCases.map { variable in
            var object: [String: Any] = ["name": variable.rawValue, "label": variable.label, "hide": 0]
            if let list = variable.list {
                object.merge([
                    "type": "query", "datasource": GrafanaPanel.flows, "query": list.text, "refresh": 2,
                    "multi": true, "includeAll": true, "allValue": "'all'",
                    "current": ["text": "All", "value": "$__all"],
                ]) { _, new in new }
            } else if variable == .hostNames {
                object.merge([
                    "type": "custom", "query": "yes,no", "current": ["text": "yes", "value": "yes"],
                    "options": ["yes", "no"].map {
                        ["text": $0, "value": $0, "selected": $0 == "yes"] as [String: Any]
                    },
                ]) { _, new in new }
            } else {
                let text = variable == .custom ? "1 = 1" : ""
                object.merge([
                    "type": "textbox", "query": text, "current": ["text": text, "value": text],
                ]) { _, new in new }
            }
            return object
        }
    }
}

// MARK: - The dashboards

extension GrafanaDashboard {
    /// All that Overview of the console has.
    static var overview: GrafanaDashboard {
        let flows = GrafanaPanel.metric
        var panels = [
            GrafanaPanel.number("Filtered flows", GrafanaSQL.count.text, unit: "short"),
            flows("Flows stored", "sum(netmeta_store_rows)", "short", 4),
            flows("Disk used by flows", "sum(netmeta_store_used_bytes)", "bytes", 4),
            flows("Flows are kept for", "max(netmeta_retention_keeps_seconds)", "s", 4),
            flows("Disk free", "min(netmeta_store_free_disk_bytes)", "bytes", 4),
            flows("Lost in the last hour", "sum(increase(netmeta_rows_lost_total[1h]))", "short", 4),
            GrafanaPanel.lines("Throughput", GrafanaSQL.directions(.bits).text, unit: "bps", width: 24),
            GrafanaPanel.lines("Packets", GrafanaSQL.directions(.packets).text, unit: "pps", width: 24),
        ]
        for group in PanelTable.groups {
            panels.append(.row(group.title))
            panels += group.panels.map(GrafanaPanel.of)
        }
        return GrafanaDashboard(uid: "netmeta-overview", title: "NetMeta Overview", panels: panels)
    }

    /// Who talks to whom.
    static var relations: GrafanaDashboard {
        GrafanaDashboard(
            uid: "netmeta-relations",
            title: "NetMeta Traffic Relations",
            panels: PanelTable.relations.map { .sankey($0.title, GrafanaSQL.text(of: $0).text) }
        )
    }

    /// What NetMeta takes in, stores and loses.
    static var health: GrafanaDashboard {
        let metric = GrafanaPanel.metricLines
        return GrafanaDashboard(
            uid: "netmeta-health",
            title: "NetMeta Health",
            panels: [
                metric("Rows received", "rate(netmeta_rows_received_total[$__rate_interval])", "{{instance}}", "rps"),
                metric("Rows stored", "rate(netmeta_rows_stored_total[$__rate_interval])", "{{instance}}", "rps"),
                metric(
                    "Rows lost, by reason",
                    "rate(netmeta_rows_lost_total[$__rate_interval])",
                    "{{reason}}",
                    "rps"
                ),
                metric(
                    "Datagrams dropped by the kernel",
                    "rate(netmeta_udp_kernel_drops_total[$__rate_interval])",
                    "{{listener}}",
                    "pps"
                ),
                metric("Behind", "netmeta_ingest_lag_seconds", "{{instance}}", "s"),
                metric("Rows in flight", "netmeta_rows_in_flight", "{{instance}}", "short"),
                metric("Spool", "netmeta_spool_bytes", "{{instance}}", "bytes"),
                metric("Disk free", "netmeta_store_free_disk_bytes", "{{instance}}", "bytes"),
                metric("Exporters", "netmeta_exporters", "{{instance}}", "short"),
                metric(
                    "Refused by the store",
                    "rate(netmeta_store_failures_total[$__rate_interval])",
                    "{{instance}}",
                    "ops"
                ),
            ],
            hasVariables: false
        )
    }

    /// Where to go.
    static func home(console: String) -> GrafanaDashboard {
        GrafanaDashboard(
            uid: "netmeta-home",
            title: "NetMeta Home",
            panels: [
                .text(
                    """
                    # NetMeta

                    - [Overview](/d/netmeta-overview): traffic by protocol, interface, AS, port and host
                    - [Traffic Relations](/d/netmeta-relations): who talks to whom
                    - [Health](/d/netmeta-health): what is received, stored and lost
                    - [The console](\(console)): every dimension, every flow, and what changed

                    Fields above the panels choose flows; what is written in them is joined by *and*. **Custom SQL** is a
                    condition over the columns of `flows_raw`, such as `SrcPort = 53 AND Packets > 100`. Traffic is
                    scaled by the sampling rate that exporters told; where none did, a flow counts as it was sent.
                    """
                )
            ],
            hasVariables: false
        )
    }
}
