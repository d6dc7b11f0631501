import FlowSchema

// The other direction of the same traffic: what a router reports of the answers to what it reports of the questions.

extension Filter {
    /// The condition that fulfils for the answers what this one fulfils for the questions: `Src` and `Dst`, `In` and
    /// `Out`, ingress and egress, in and out change places. What has no other side stays.
    public var mirrored: Filter {
        switch self {
        case .and(let parts): .and(parts.map(\.mirrored))
        case .or(let parts): .or(parts.map(\.mirrored))
        case .not(let inner): .not(inner.mirrored)
        case .match(let match): .match(match.mirrored)
        }
    }
}

extension Filter.Match {
    fileprivate var mirrored: Filter.Match {
        guard case .column(let column) = subject else { return self }
        return Filter.Match(.column(column.otherSide), isNegated: isNegated, test.mirrored(on: column))
    }
}

extension Filter.Test {
    /// Only values that name a direction have another side.
    fileprivate func mirrored(on column: FlowColumn) -> Filter.Test {
        func turn(_ value: Filter.Value) -> Filter.Value {
            guard case .number(let number) = value else { return value }
            return .number(column.otherSide(of: number))
        }
        return switch self {
        case .equals(let value): .equals(turn(value))
        case .oneOf(let values): .oneOf(values.map(turn))
        default: self
        }
    }
}

extension FlowColumn {
    /// The column of the other end; itself where there is none.
    var otherSide: FlowColumn { field.mirror ?? self }

    /// The value that a direction's column has for the other direction; other values stay.
    func otherSide(of value: UInt64) -> UInt64 {
        switch field.kind {
        case .direction, .incoming:
            value == 0 ? 1 : value == 1 ? 0 : value
        case .locality:
            value == UInt64(Locality.in.rawValue)
                ? UInt64(Locality.out.rawValue)
                : value == UInt64(Locality.out.rawValue) ? UInt64(Locality.in.rawValue) : value
        default: value
        }
    }
}

extension DirectionChoice {
    /// In for out and out for in.
    var otherSide: DirectionChoice {
        switch self {
        case .all: .all
        case .in: .out
        case .out: .in
        }
    }
}

extension GraphQuery {
    /// The same groups' traffic in the other direction: where a line is what 192.0.2.1 sends, this is what it gets.
    ///
    /// Dimensions, filter and direction change sides, the keys don't, so that
    /// the lines of both answers belong together one by one.
    public var reversed: GraphQuery {
        var other = self
        other.top.question.filter = top.question.filter?.mirrored
        other.top.question.direction = top.question.direction.otherSide
        other.top.dimensions = top.dimensions.map { Dimension($0.column.otherSide) ?? $0 }
        other.keys = keys.map { key in
            zip(top.dimensions, key).map { dimension, value in
                guard case .number(let number) = value else { return value }
                return .number(dimension.column.otherSide(of: number))
            }
        }
        return other
    }

    /// The same groups so many seconds earlier; whole buckets of them, so that both charts' points lie over each other.
    ///
    /// - Returns: nil when that is before 1970.
    public func earlier(by seconds: UInt64) throws(QueryError) -> GraphQuery? {
        guard let buckets = try top.buckets.earlier(by: seconds) else { return nil }
        var other = self
        other.top.question.range = buckets.range
        other.top.buckets = buckets
        return other
    }
}
