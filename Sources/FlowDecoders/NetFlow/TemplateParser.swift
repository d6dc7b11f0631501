import WireFormat

/// Reads template records into an exporter's store (RFC 3954 section 5.2, 6.1; RFC 7011 section 3.4).
struct TemplateParser {
    let isIPFIX: Bool
    let domain: UInt32
    let port: UInt16
    /// When the message came, in seconds since 1970.
    let receivedAt: UInt32
    /// Whether withdrawals are obeyed.
    let isStream: Bool

    /// Reads the templates of a template set.
    ///
    /// - Returns: how many template records there were.
    func templates(_ body: WireReader, into store: inout TemplateStore) throws(DecodeError) -> Int {
        var reader = body
        var count = 0
        while reader.remaining >= 4 {
            if reader.isAllZero { return count }
            if try withdrawal(set: 2, &reader, &store) {
                count += 1
                continue
            }
            let key = try key(&reader)
            let fieldCount = Int(try reader.read(UInt16.self))
            count += 1
            try define(key, fieldCount: fieldCount, scopeCount: 0, &reader, &store)
        }
        return count
    }

    /// Reads the templates of an options template set.
    func optionsTemplates(_ body: WireReader, into store: inout TemplateStore) throws(DecodeError) -> Int {
        var reader = body
        var count = 0
        while reader.remaining >= (isIPFIX ? 4 : 6) {
            if reader.isAllZero { return count }
            if try withdrawal(set: 3, &reader, &store) {
                count += 1
                continue
            }
            let key = try key(&reader)
            count += 1
            if isIPFIX {
                let fieldCount = Int(try reader.read(UInt16.self))
                let scopeCount = Int(try reader.read(UInt16.self))
                guard (1...fieldCount).contains(scopeCount) else {
                    store.remove(key, port: port)
                    throw .badTemplate
                }
                try define(key, fieldCount: fieldCount, scopeCount: scopeCount, &reader, &store)
            } else {
                let scopeBytes = Int(try reader.read(UInt16.self))
                let optionBytes = Int(try reader.read(UInt16.self))
                guard scopeBytes % 4 == 0, optionBytes % 4 == 0 else {
                    store.remove(key, port: port)
                    throw .badTemplate
                }
                // Without a scope the record speaks of the whole exporter, as scope "system" does.
                let scopeCount = max(scopeBytes / 4, 0)
                try define(
                    key,
                    fieldCount: (scopeBytes + optionBytes) / 4,
                    scopeCount: scopeCount,
                    isOptions: true,
                    &reader,
                    &store
                )
            }
        }
        return count
    }

    /// Reads a withdrawal, if one comes next (RFC 7011 section 8.1): an id and a
    /// field count of 0, for options templates too; the set's own id means all
    /// of its kind. Over UDP it must not be sent, and is not obeyed (section 8.4).
    private func withdrawal(
        set: UInt16,
        _ reader: inout WireReader,
        _ store: inout TemplateStore
    ) throws(DecodeError) -> Bool {
        guard isIPFIX, let id = reader.peek(UInt16.self), id > 255 || id == set,
            reader.peek(UInt16.self, ahead: 2) == 0
        else { return false }
        try reader.skip(4)
        guard isStream else { return true }
        if id == set {
            store.withdrawAll(domain: domain, port: port, options: set == 3)
        } else {
            store.remove(TemplateStore.Key(isIPFIX: true, domain: domain, id: id), port: port)
        }
        return true
    }

    private func key(_ reader: inout WireReader) throws(DecodeError) -> TemplateStore.Key {
        let id = try reader.read(UInt16.self)
        // Ids below 256 are set ids (RFC 7011 section 3.4.1).
        guard id > 255 else { throw .badTemplate }
        return TemplateStore.Key(isIPFIX: isIPFIX, domain: domain, id: id)
    }

    private func define(
        _ key: TemplateStore.Key,
        fieldCount: Int,
        scopeCount: Int,
        isOptions: Bool = false,
        _ reader: inout WireReader,
        _ store: inout TemplateStore
    ) throws(DecodeError) {
        do throws(DecodeError) {
            guard (1...Template.mostFields).contains(fieldCount) else { throw .badTemplate }
            var fields: [TemplateField] = []
            fields.reserveCapacity(fieldCount)
            for _ in 0..<fieldCount { fields.append(try field(&reader)) }
            // A record without a single byte would never end.
            guard fields.contains(where: { $0.length > 0 }) else { throw .badTemplate }
            store.define(
                key,
                port: port,
                fields: fields,
                scopeCount: isOptions ? max(scopeCount, 1) : scopeCount,
                at: receivedAt
            )
        } catch {
            // Data must not be decoded by a definition that its exporter has just replaced.
            store.remove(key, port: port)
            throw error
        }
    }

    private func field(_ reader: inout WireReader) throws(DecodeError) -> TemplateField {
        let id = try reader.read(UInt16.self)
        let length = try reader.read(UInt16.self)
        // NetFlow v9 has no enterprise bit: ids above 32767 are the vendor's own. It
        // has no variable lengths either, but H3C sends them as IPFIX does.
        guard isIPFIX, id & 0x8000 != 0 else { return TemplateField(id: id, length: length) }
        return TemplateField(id: id & 0x7FFF, length: length, enterprise: try reader.read(UInt32.self))
    }
}
