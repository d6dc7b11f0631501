import Logging
import Synchronization

/// The log level of the whole process, which a reload may change.
enum LiveLogLevel {
    private static let level = Mutex(Logger.Level.info)

    /// The level in force.
    static var current: Logger.Level { level.withLock { $0 } }

    /// Changes the level.
    static func set(_ new: Configuration.Log.Level) {
        level.withLock { $0 = Logger.Level(rawValue: new.rawValue) ?? .info }
    }
}

/// Logs to standard error at the level in force.
struct LiveLogHandler: LogHandler {
    private var stream: StreamLogHandler

    init(label: String) {
        stream = .standardError(label: label)
        stream.logLevel = .trace
    }

    var logLevel: Logger.Level {
        get { LiveLogLevel.current }
        // Set for all by LiveLogLevel only.
        set {}
    }

    var metadata: Logger.Metadata {
        get { stream.metadata }
        set { stream.metadata = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { stream[metadataKey: key] }
        set { stream[metadataKey: key] = newValue }
    }

    func log(event: LogEvent) {
        stream.log(event: event)
    }
}
