/// Which messages of a partition a batch is made of, and what that says to
/// others.
///
/// Before a batch goes to the store, its end is noted with the broker beside
/// the offset where it begins. Whoever has the partition after a crash makes
/// the same batch again, with the same token, and the store recognises it:
/// between the insert and the note that it is done nothing is stored twice.
struct KafkaRange: Equatable, Sendable {
    /// The offset of the first message.
    var start: Int64
    /// The offset behind the last.
    var end: Int64

    /// Names the batch to the store.
    func token(topic: String, partition: Int32) -> String {
        // Tokens have letters, digits and hyphens; the letters of a topic's other characters are told apart.
        let name = topic.map { $0.isLetter || $0.isNumber ? String($0) : $0 == "." ? "-d" : $0 == "_" ? "-u" : "--" }
        return "kafka-\(name.joined().prefix(120))-\(partition)-\(start)-\(end)"
    }

    /// What is noted beside the offset while the batch is under way.
    var note: String { "netmeta 1 \(end)" }

    /// The batch that was under way at an offset, by what is noted there.
    init?(note: String, at offset: Int64) {
        let words = note.split(separator: " ")
        guard words.count == 3, words[0] == "netmeta", words[1] == "1", let end = Int64(words[2]), end > offset,
            offset >= 0
        else { return nil }
        self.init(start: offset, end: end)
    }

    init(start: Int64, end: Int64) {
        self.start = start
        self.end = end
    }
}
