public import FlowSchema

/// Asks for all rows of a question up to a limit, some thousands at a time.
///
/// Each page finds its place by looking at all that lies behind it, so a long
/// range in the order of time is gone through in pieces, as long as some
/// pages need: they are found by how many rows the pieces before had. No I/O:
/// the caller runs ``next()`` and tells ``take(rows:places:key:)`` what came.
public struct FlowPager: Sendable {
    /// What is asked about.
    public let question: Question
    /// The columns of the rows.
    public let columns: [FlowColumn]
    /// What comes first.
    public let order: FlowOrder
    /// Rows to give at the most.
    public let limit: Int
    /// Rows that were given.
    public private(set) var given = 0
    /// Whether there are more rows than ``limit``; known when ``next()`` gives nil.
    public private(set) var isCut = false

    private let pageRows: Int
    /// The piece of the range that is being read.
    private var piece: Range<UInt64>
    private var width: UInt64
    private var pagesOfPiece = 0
    private var before: FlowCursor?
    private var asked: FlowsQuery?
    private var isDone = false

    /// Seconds of the first piece.
    private static let firstWidth: UInt64 = 300

    /// Prepares.
    ///
    /// - Parameter pageRows: rows to ask for at a time.
    public init(
        _ question: Question,
        columns: [FlowColumn] = FlowsQuery.columns,
        order: FlowOrder = .newest,
        limit: Int,
        pageRows: Int = 5000
    ) {
        self.question = question
        self.columns = columns
        self.order = order
        self.limit = limit
        self.pageRows = pageRows
        let (from, to) = (question.range.from, question.range.to)
        width = Self.firstWidth
        piece =
            switch (order.isByTime, order.isDescending) {
            case (false, _): from..<to
            case (true, true): max(from, to - min(to, Self.firstWidth))..<to
            case (true, false): from..<min(to, from + Self.firstWidth)
            }
    }

    /// The next question to run; nil when all has been given.
    public mutating func next() throws(QueryError) -> FlowsQuery? {
        guard !isDone else { return nil }
        var part = question
        part.range = try TimeRange(from: piece.lowerBound, to: piece.upperBound)
        // One more than may be given tells whether there are more.
        let query = try FlowsQuery(
            part,
            limit: min(pageRows, limit - given + 1),
            before: before,
            columns: columns,
            order: order,
            most: pageRows
        )
        asked = query
        return query
    }

    /// Takes note of an answer.
    ///
    /// - Parameters:
    ///   - places: second and hash of each of its rows.
    ///   - key: the last row's value in the column of the order; nil in the order of time.
    /// - Returns: how many of the rows are to be given.
    public mutating func take(_ places: [(second: UInt64, hash: UInt64)], key: KeyValue?) -> Int {
        let rows = min(places.count, limit - given)
        given += rows
        pagesOfPiece += 1
        isCut = rows < places.count
        if isCut {
            isDone = true
        } else if let cursor = asked?.next(after: places, key: key) {
            before = cursor
        } else {
            nextPiece()
        }
        return rows
    }

    private mutating func nextPiece() {
        let range = question.range
        before = nil
        // A few pages a piece: with one, most time would go into finding empty places, with many into looking at
        // the same rows again.
        if pagesOfPiece <= 2 { width = min(width * 4, range.seconds) }
        if pagesOfPiece > 8 { width = max(1, width / 2) }
        pagesOfPiece = 0
        if !order.isByTime {
            isDone = true
        } else if order.isDescending {
            isDone = piece.lowerBound <= range.from
            let end = piece.lowerBound
            if !isDone { piece = max(range.from, end - min(end, width))..<end }
        } else {
            isDone = piece.upperBound >= range.to
            let start = piece.upperBound
            if !isDone { piece = start..<min(range.to, start + width) }
        }
    }
}
