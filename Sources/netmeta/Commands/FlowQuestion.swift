import ArgumentParser
import FlowQuery
import FlowStore
import Foundation
import Telemetry
import WebAPI

/// What `top` and `flows` have in common: a question to the running server's API or, when none runs, to the data folder.
struct FlowQuestion: ParsableArguments {
    @Option(help: "Which flows, in the filter language: 'DstPort = https and not SrcAddr << 10.0.0.0/8'.")
    var filter = ""

    @Option(help: "How far back from now: 30s, 5m, 6h, 7d or 2w.")
    var last = "5m"

    @OptionGroup
    var folder: FolderOptions

    /// The parameter that goes back from now.
    ///
    /// - Throws: ``UsageError`` for what is no length of time.
    func start() throws(UsageError) -> String {
        guard !last.hasPrefix("-"), let start = TimeRange.instant("-\(last)", now: UInt64(UInt32.max)),
            start < UInt64(UInt32.max)
        else { throw UsageError("--last: \(last.prefix(40)) is no length of time: give 30s, 5m, 6h, 7d or 2w") }
        return "-\(last)"
    }

    /// Whoever answers; keep it while there is something to ask.
    ///
    /// - Throws: ``Failure`` when there is neither a server nor a folder.
    func source() throws -> FlowAnswers {
        let configuration = try folder.load()
        if let holder = FolderLock.holder(folder: configuration.store.data) {
            guard let api = holder.api else {
                throw Failure("the server (process \(holder.process)) is still starting; try again in a moment")
            }
            return FlowAnswers(.server(ServerClient(api: api, data: configuration.store.data)))
        }
        let opened = try OfflineStore(reading: configuration)
        let status = OfflineStatus(book: NameSheet.ofNow(configuration).book)
        let options = WebAPI.Options(version: NetMeta.version, querySeconds: 120)
        return FlowAnswers(.folder(WebAPI(store: opened.store, status: status, options: options), opened))
    }
}

/// Answers of the API's routes, wherever they come from.
struct FlowAnswers {
    /// Where they come from.
    enum Source {
        case server(ServerClient)
        case folder(WebAPI, OfflineStore)
    }

    private let source: Source

    init(_ source: Source) {
        self.source = source
    }

    /// The JSON answer of a route below /api/v1; empty parameters are left out.
    ///
    /// - Throws: ``UsageError`` for what was asked wrongly, ``Failure`` for everything else.
    func get(_ route: String, _ parameters: [(name: String, value: String)]) async throws -> Data {
        let query = parameters.filter { !$0.value.isEmpty }.map { "\($0.name)=\(Self.encode($0.value))" }
            .joined(separator: "&")
        switch source {
        case .server(let client):
            return try await client.answer(to: "\(route)?\(query)") { error in
                guard let parameter = error.parameter else { return nil }
                return Self.usage(
                    QueryError(
                        error.message,
                        parameter: parameter,
                        position: error.position,
                        length: error.length,
                        suggestion: error.suggestion
                    ),
                    parameters
                )
            }
        case .folder(let api, _):
            do {
                return Data(try await api.answer("/api/v1/\(route)", query: query))
            } catch let error as QueryError {
                throw Self.usage(error, parameters)
            } catch let error as StoreError {
                throw Failure(error.message)
            }
        }
    }

    /// Closes the folder, if it was opened.
    func close() {
        if case .folder(_, let opened) = source { opened.close() }
    }

    /// What is wrong with a parameter, under the option's name, with the place marked.
    private static func usage(_ error: QueryError, _ parameters: [(name: String, value: String)]) -> UsageError {
        let options = ["dimensions": "by", "from": "last", "by": "ranking"]
        let name = error.parameter ?? ""
        var text = "--\(options[name] ?? name): \(error.message)"
        if let suggestion = error.suggestion { text += "; did you mean \(suggestion)?" }
        guard let position = error.position, let value = parameters.first(where: { $0.name == name })?.value,
            !value.contains("\n")
        else { return UsageError(text) }
        let units = value.utf16
        let start = units.index(units.startIndex, offsetBy: position, limitedBy: units.endIndex) ?? units.endIndex
        let end = units.index(start, offsetBy: error.length ?? 0, limitedBy: units.endIndex) ?? units.endIndex
        let space = String(repeating: " ", count: value[..<start].count)
        let mark = String(repeating: "^", count: max(1, value[start..<end].count))
        return UsageError("\(text)\n  \(value)\n  \(space)\(mark)")
    }

    private static func encode(_ text: String) -> String {
        let plain = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~,/:")
        return text.addingPercentEncoding(withAllowedCharacters: plain) ?? ""
    }
}

/// What is known without a server: names that people gave.
private struct OfflineStatus: StatusSource {
    let book: NameBook

    func health() async -> HealthReport { HealthReport(status: .ok, since: UnixClock.now(), isReady: true) }
    func exporters() async -> [ExporterReport] { [] }
    func names() async -> NameBook { book }
}
