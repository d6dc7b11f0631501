import FlowQuery
import Foundation

/// Dashboards, the files by which Grafana finds them, and alert rules for Prometheus.
struct GrafanaFiles {
    private let host: String
    private let port: Int
    private let prometheus: String
    private let console: String

    /// - Throws: ``UsageError`` for what is no endpoint and no address.
    init(sql: String, prometheus: String, console: String) throws(UsageError) {
        guard let colon = sql.lastIndex(of: ":"), let port = UInt16(sql[sql.index(after: colon)...]), port > 0,
            colon > sql.startIndex, Self.isPlain(String(sql[..<colon]))
        else { throw UsageError("--sql: give HOST:PORT such as 127.0.0.1:8123") }
        for (name, address) in [("prometheus", prometheus), ("console", console)] {
            guard address.hasPrefix("http://") || address.hasPrefix("https://"), Self.isPlain(address) else {
                throw UsageError("--\(name): give an address such as http://127.0.0.1:9090")
            }
        }
        host = String(sql[..<colon]).trimmingCharacters(in: ["[", "]"])
        self.port = Int(port)
        self.prometheus = prometheus
        self.console = console
    }

    private static func isPlain(_ text: String) -> Bool {
        text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || ":/.-_[]?=&%".contains($0)) }
    }

    var files: [DeployFile] {
        get throws {
            let dashboards = [
                ("overview", GrafanaDashboard.overview), ("relations", GrafanaDashboard.relations),
                ("health", GrafanaDashboard.health), ("home", GrafanaDashboard.home(console: console)),
            ]
            return [
                DeployFile(path: "etc/grafana/provisioning/datasources/netmeta.yaml", text: sources),
                DeployFile(path: "etc/grafana/provisioning/dashboards/netmeta.yaml", text: Self.provider),
                DeployFile(path: "etc/prometheus/netmeta.rules.yaml", text: AlertRules.text),
            ]
                + (try dashboards.map { name, dashboard in
                    DeployFile(path: "var/lib/grafana/dashboards/netmeta/\(name).json", text: try dashboard.text)
                })
        }
    }

    private var sources: String {
        """
        apiVersion: 1
        datasources:
          - name: NetMeta
            uid: \(GrafanaDashboard.flowsUID)
            type: grafana-clickhouse-datasource
            access: proxy
            jsonData:
              host: "\(host)"
              port: \(port)
              protocol: http
              defaultDatabase: netmeta
              # Where people log in: a user of the section auth, and its password in secureJsonData.
              username: ""
          - name: NetMeta metrics
            uid: \(GrafanaDashboard.metricsUID)
            type: prometheus
            access: proxy
            url: "\(prometheus)"

        """
    }

    private static let provider = """
        apiVersion: 1
        providers:
          - name: NetMeta
            folder: NetMeta
            type: file
            options:
              path: /var/lib/grafana/dashboards/netmeta

        """
}
