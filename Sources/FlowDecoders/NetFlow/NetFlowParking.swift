import FlowSchema
import NetTypes
import WireFormat

// Sets that wait: for their template, or until the exporter tells a sampling rate.

extension NetFlowDecoder {
    /// Puts a set aside until its template comes; where there is no room, it is lost and counted.
    func park(_ key: TemplateStore.Key, _ body: WireReader, _ message: Message) {
        if exporter.parked.park(entry(key, body, message)) {
            exporter.counters.parkedSets += 1
        } else {
            exporter.counters.unknownTemplateSets += 1
        }
    }

    private func entry(_ key: TemplateStore.Key, _ body: WireReader, _ message: Message) -> ParkingLot.Entry {
        ParkingLot.Entry(
            key: key,
            port: context.source.port,
            body: (0..<body.remaining).map { body.peek(UInt8.self, ahead: $0) ?? 0 },
            clock: message.clock,
            sequence: message.sequence,
            receivedAt: context.receivedAt
        )
    }

    /// Puts a set aside until the exporter tells a sampling rate, where the
    /// configuration wants that; where there is no room, the rate stays unknown.
    func isHeld(
        _ template: Template,
        _ key: TemplateStore.Key,
        _ body: WireReader,
        _ message: Message
    ) -> Bool {
        guard mayHold, exporter.settings.holdForRate > 0, exporter.settings.samplingRate == nil,
            !template.plan.tellsRate,
            exporter.hasDomains ? exporter.samplingTable(message.domain)?.isEmpty ?? true : true
        else { return false }
        var entry = entry(key, body, message)
        entry.waitsForRate = true
        guard exporter.parked.park(entry) else { return false }
        exporter.counters.heldSets += 1
        exporter.counters.bytesHeld += UInt64(body.remaining)
        return true
    }

    /// Decodes sets whose template or sampling rate has come since, as far as the batch has
    /// room beside a whole datagram; the rest goes on waiting.
    func releaseParked() {
        guard exporter.parked.mayRelease else { return }
        // Only what had no room is looked at again before something new is told: not with every datagram.
        exporter.parked.mayRelease = false
        let isBlocked = release(room: batch.room - FlowDecoder.mostRows) { entry in
            let domain = entry.key.domain
            guard !entry.waitsForRate else { return !(exporter.samplingTable(domain)?.isEmpty ?? true) }
            let scope = exporter.settings.templates
            return exporter.templates.has(entry.key, port: entry.port, scope: scope)
        }
        if isBlocked { exporter.parked.mayRelease = true }
    }

    /// Decodes sets that waited for a sampling rate as long as they may, or all of them.
    ///
    /// - Parameter now: nil for all.
    func releaseHeld(at now: UInt32?) {
        var decoder = self
        decoder.mayHold = false
        let most = exporter.settings.holdForRate
        _ = decoder.release(room: batch.room) { entry in
            entry.waitsForRate && now.map { entry.isOlder(than: most, at: $0) } ?? true
        }
    }

    /// Decodes the sets that are ready, in the order that they came in.
    ///
    /// - Returns: whether one of them found no room.
    private func release(room most: Int, where isReady: (ParkingLot.Entry) -> Bool) -> Bool {
        let first = batch.room
        var waiting: [ParkingLot.Entry] = []
        var isBlocked = false
        for entry in exporter.parked.takeAll() {
            guard isReady(entry) else {
                waiting.append(entry)
                continue
            }
            // A byte gives at most one row: a biflow's record, which gives two, has two counters.
            if entry.body.count <= most - (first - batch.room) {
                exporter.parked.forget(entry)
                decode(entry)
            } else {
                isBlocked = true
                waiting.append(entry)
            }
        }
        exporter.parked.putBack(waiting)
        return isBlocked
    }

    private func decode(_ entry: ParkingLot.Entry) {
        let source = IPEndpoint(address: context.source.address, port: entry.port)
        let then = DatagramContext(source: source, receivedAt: entry.receivedAt)
        var decoder = NetFlowDecoder(exporter: exporter, context: then, batch: batch)
        decoder.mayHold = mayHold
        var message = Message(
            type: entry.key.isIPFIX ? .ipfix : .netflowV9,
            domain: entry.key.domain,
            clock: entry.clock,
            sequence: entry.sequence
        )
        // Its bytes go from those that wait to whatever becomes of them now.
        if entry.waitsForRate {
            exporter.counters.bytesHeld -= UInt64(entry.body.count)
        } else {
            exporter.counters.bytesWithoutTemplate -= UInt64(entry.body.count)
        }
        do throws(DecodeError) {
            let bytes = unsafe entry.body.span.bytes
            try decoder.data(entry.key.id, WireReader(bytes), &message)
        } catch {
            exporter.counters.count(error)
        }
    }
}
