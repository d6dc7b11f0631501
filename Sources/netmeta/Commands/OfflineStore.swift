import FlowStore
import Foundation

/// The store of a configuration, for commands that work while no server does.
struct OfflineStore {
    /// The folder's engine, or the servers of the configuration.
    let store: any ServerStore
    /// Holds the folder, whose journal of imports belongs to one process, where the engine doesn't.
    private let lock: FolderLock?

    /// Opens what a command reads; it has to be there.
    ///
    /// - Throws: ``Failure`` when there is neither a folder nor a server.
    init(reading configuration: Configuration) throws {
        guard
            configuration.store.kind == .clickhouse || FileManager.default.fileExists(atPath: configuration.store.data)
        else {
            throw Failure(
                "there is no data folder \(configuration.store.data), and no server runs on it; "
                    + "name the folder with --data, or start `netmeta serve`"
            )
        }
        lock = nil
        store = try Self.worded { () throws(StoreError) -> any ServerStore in
            configuration.store.kind == .clickhouse
                ? try RemoteStore(configuration, names: [])
                : try EmbeddedStore(configuration: configuration, retentionDays: nil)
        }
    }

    /// Opens what a command writes to, and holds the folder.
    ///
    /// - Throws: ``Failure``.
    init(writing configuration: Configuration) throws {
        let data = configuration.store.data
        (store, lock) = try Self.worded { () throws(StoreError) -> (any ServerStore, FolderLock?) in
            if configuration.store.kind == .clickhouse {
                let lock = try FolderLock(folder: data)
                return (try RemoteStore(configuration, names: []), lock)
            }
            // A folder that is there keeps its retention: only its server may shorten that.
            let days = FileManager.default.fileExists(atPath: data) ? nil : configuration.retention.days
            // The engine's allocator reads this when the library is loaded. It has a pool for each processor, each of
            // which keeps for some seconds what was freed: the peak was a matter of chance, the higher the longer it took.
            setenv("JE_MALLOC_CONF", "percpu_arena:disabled,narenas:1", 0)
            let store = try EmbeddedStore(
                configuration: configuration,
                mostMerged: Self.mostMerged,
                retentionDays: days
            )
            return (store, nil)
        }
    }

    /// Some ten batches of an import: what is larger the folder's server merges, which has the memory for it.
    private static let mostMerged = 32 << 20

    /// Closes it, and lets go of the folder.
    func close() { store.close() }

    private static func worded<Value>(_ open: () throws(StoreError) -> Value) throws(Failure) -> Value {
        do throws(StoreError) {
            return try open()
        } catch {
            throw Failure(error.message)
        }
    }
}
