import ArgumentParser

/// Which part of the way from datagrams to answers a process does.
enum ServerRole: String, CaseIterable, ExpressibleByArgument {
    /// Everything, without a queue.
    case all
    /// Takes flows, decodes and enriches them, and hands them to Kafka.
    case collector
    /// Takes flows from Kafka, stores them, and answers.
    case store
    /// Answers over what is stored.
    case console

    /// Whether datagrams are taken.
    var listens: Bool { self == .all || self == .collector }
}
