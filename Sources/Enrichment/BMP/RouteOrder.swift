import NetTypes

/// Which of several routes to a prefix is taken.
///
/// What the router itself chose counts before what it was offered, and what is
/// up before what is only held; among the rest BGP's own rules decide (RFC 4271
/// section 9.1.2), as far as they don't hang on what only the router knows.
struct RouteOrder {
    /// By the routes' numbers of attributes.
    let attributes: [RouteAttributes]
    /// By the routes' slots.
    let ranks: [Rank]

    /// What of the order hangs on who told a route.
    struct Rank {
        /// The higher the better.
        let value: UInt8
        /// The lower the better.
        let address: IPAddress

        init(_ view: BMPView, isHeld: Bool, _ address: IPAddress) {
            value = view.rawValue * 2 + (isHeld ? 0 : 1)
            self.address = address
        }
    }

    func isBetter(_ a: RIBPath, _ b: RIBPath) -> Bool {
        let (rankA, rankB) = (ranks[Int(a.slot)], ranks[Int(b.slot)])
        if rankA.value != rankB.value { return rankA.value > rankB.value }
        if a.attributes != b.attributes {
            let isBetter = attributes[Int(a.attributes)].isBetter(than: attributes[Int(b.attributes)])
            if let isBetter { return isBetter }
        }
        if rankA.address != rankB.address { return rankA.address < rankB.address }
        return a.identifier < b.identifier
    }
}
