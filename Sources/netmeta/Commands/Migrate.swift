import ArgumentParser
import FlowStore
import Foundation

/// `netmeta migrate`: brings the tables of an older version, or of none, to this version's.
struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring the store's schema to this version.",
        discussion: """
            Shows in what tables, columns, views, functions and dictionaries differ, and makes what is missing. `serve` does \
            the same at its start. No rows are dropped: tables and columns of other versions stay, and so does the retention.
            """
    )

    @OptionGroup var folder: FolderOptions

    @Flag(name: .customLong("dry-run"), help: "Only show the difference.")
    var isDry = false

    func run() async throws {
        let configuration = try folder.load()
        do throws(StoreError) {
            if configuration.store.kind == .clickhouse {
                try servers(configuration)
            } else {
                try embedded(configuration)
            }
        } catch {
            throw Failure(error.message)
        }
    }

    private func servers(_ configuration: Configuration) throws(StoreError) {
        let store = try RemoteStore(configuration, names: [])
        defer { store.close() }
        guard show(try store.differences()) else { return }
        try store.prepare()
        verify(try store.differences())
    }

    private func embedded(_ configuration: Configuration) throws(StoreError) {
        let data = configuration.store.data
        let library = try EngineLibrary.locate(configured: configuration.store.library)
        if !FileManager.default.fileExists(atPath: data + "/engine") {
            print("+ database netmeta  (there is no store in \(data) yet)")
            guard !isDry else { return }
        } else {
            let lock = try FolderLock(folder: data)
            let found = try EmbeddedStore.differences(
                folder: data,
                library: library,
                memory: configuration.store.memory,
                lock: lock
            )
            guard show(found) else { return }
        }
        let isNew = !FileManager.default.fileExists(atPath: data + "/engine")
        let store = try EmbeddedStore(
            configuration: configuration,
            retentionDays: isNew ? configuration.retention.days : nil
        )
        store.close()
        verify(
            try EmbeddedStore.differences(
                folder: data,
                library: library,
                memory: configuration.store.memory,
                lock: try FolderLock(folder: data)
            )
        )
    }

    /// Prints the differences.
    ///
    /// - Returns: whether there is something to do.
    private func show(_ found: [SchemaDifference]) -> Bool {
        guard !found.isEmpty else {
            print("no difference: the schema is this version's")
            return false
        }
        for difference in found { print(difference) }
        return !isDry
    }

    private func verify(_ left: [SchemaDifference]) {
        guard !left.isEmpty else { return print("done: the schema is this version's") }
        print("done, but these differ still:")
        for difference in left { print(difference) }
    }
}
