import NetTypes

/// What is behind an interface that answered to tracelb.
struct WartsStep {
    var node: WartsNode
    /// What answered one, two ... hops behind the node, over all links from it.
    var hops: [[WartsAnswers]]
}

extension WartsTracelb {
    /// The nodes that something is behind, in their order.
    var steps: [WartsStep] {
        var own: [UInt16: [WartsLink]] = [:]
        for link in links { own[link.from ?? 0, default: []].append(link) }
        return nodes.enumerated().compactMap { place, node in
            guard let links = own[UInt16(truncatingIfNeeded: place)] else { return nil }
            let most = links.map(\.hops.count).max() ?? 0
            return WartsStep(
                node: node,
                hops: (0..<most).map { hop in
                    WartsAnswers.all(links.flatMap { $0.hops.dropFirst(hop).first ?? [] })
                }
            )
        }
    }
}

/// The probes of one hop that one address answered; nil are those that nothing did.
struct WartsAnswers {
    var address: IPAddress?
    var probes: [WartsProbe]

    /// In the order in which addresses answered first, silence last.
    static func all(_ probes: [WartsProbe]) -> [WartsAnswers] {
        var places: [IPAddress: Int] = [:]
        var answers: [WartsAnswers] = []
        var unanswered: [WartsProbe] = []
        for probe in probes {
            guard let address = probe.replies.first?.address else {
                unanswered.append(probe)
                continue
            }
            if let place = places[address] {
                answers[place].probes.append(probe)
            } else {
                places[address] = answers.count
                answers.append(WartsAnswers(address: address, probes: [probe]))
            }
        }
        if !unanswered.isEmpty { answers.append(WartsAnswers(address: nil, probes: unanswered)) }
        return answers
    }
}
