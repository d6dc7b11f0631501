import FlowStore
import Foundation
import NameSources

extension ValueFormat<[String]> {
    /// URLs of ClickHouse servers.
    static var serverURLs: Self {
        let list = Self.list(
            "a URL such as https://clickhouse.example:8443, or a list of them",
            parse: { text throws(ValueProblem) in
                guard let url = URL(string: text), let host = url.host, !host.isEmpty,
                    ["http", "https"].contains(url.scheme ?? ""), ["", "/"].contains(url.path), url.query == nil
                else { return nil }
                guard url.user == nil, url.password == nil else {
                    throw ValueProblem(
                        "users and passwords don't belong into a URL; store.user and store.password have them"
                    )
                }
                return text.hasSuffix("/") ? String(text.dropLast()) : text
            },
            text: yamlText
        )
        return list
    }
}

extension RemoteStore {
    /// The servers of a configuration.
    convenience init(_ configuration: Configuration, names: [NameTables.Content]) throws(StoreError) {
        let store = configuration.store
        let transport: RemoteHTTP
        do {
            transport = try RemoteHTTP(
                certificates: store.certificates,
                user: store.user.isEmpty ? nil : store.user,
                password: store.password?.value
            )
        } catch {
            throw StoreError(message: "\(error)")
        }
        self.init(
            Options(
                endpoints: store.servers,
                retentionDays: configuration.retention.days,
                fsync: store.fsync,
                statements: names.flatMap(\.statements),
                dictionaryUser: store.user.isEmpty ? nil : (store.user, store.password?.value ?? "")
            ),
            transport: transport
        )
    }
}
