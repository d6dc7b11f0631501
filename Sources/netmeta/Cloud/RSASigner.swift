import Foundation
import WebAPI

/// Signs with an RSA key: PKCS #1 v1.5 with SHA-256 (RFC 8017 section 8.2.1),
/// which JSON Web Tokens call RS256 (RFC 7518 section 3.3).
///
/// Not in constant time: it signs a token an hour, and nobody else can have
/// it sign or watch it closely.
/// swift-crypto's would bring a second BoringSSL into the build, beside that of
/// NIOSSL: a minute and a half of processor time for its C++ alone.
struct RSASigner: Sendable {
    /// Least significant limb first.
    private let modulus: [UInt64]
    /// The private exponent, most significant byte first.
    private let exponent: [UInt8]

    /// Reads a key in PEM, as PKCS #8 (RFC 5958, `BEGIN PRIVATE KEY`).
    ///
    /// - Throws: ``Failure`` when it isn't one of RSA from 1024 to 8192 bits.
    init(pem: String) throws {
        let lines = pem.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
        let text = lines.filter { !$0.hasPrefix("-----") }.joined()
        guard lines.first == "-----BEGIN PRIVATE KEY-----", let data = Data(base64Encoded: text),
            let (modulus, exponent) = Self.key([UInt8](data))
        else { throw Failure("the private key is no RSA key in PEM (BEGIN PRIVATE KEY)") }
        self.modulus = Self.limbs(modulus)
        self.exponent = exponent
        guard (16...128).contains(self.modulus.count), self.modulus[0] & 1 == 1, !exponent.isEmpty else {
            throw Failure("the private key has a modulus that RSA keys don't have")
        }
    }

    /// The signature of a message, as long as the modulus.
    func signature(of message: [UInt8]) -> [UInt8] {
        // DigestInfo of SHA-256 (RFC 8017 section 9.2, note 1).
        let info: [UInt8] = [
            0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04,
            0x20,
        ]
        let tail = info + SHA256.digest(of: message)
        let length = 8 * modulus.count
        let padding = [UInt8](repeating: 0xFF, count: length - tail.count - 3)
        return Self.bytes(power(Self.limbs([0, 1] + padding + [0] + tail)))
    }

    // MARK: - Arithmetic

    /// `base` to the private exponent, modulo the modulus, by Montgomery's multiplication.
    private func power(_ base: [UInt64]) -> [UInt64] {
        let count = modulus.count
        // Minus the inverse of the lowest limb modulo 2^64, by Newton's iteration: each step doubles the right bits.
        var inverse: UInt64 = 1
        for _ in 0..<6 { inverse = inverse &* (2 &- modulus[0] &* inverse) }
        let factor = 0 &- inverse
        // R and R squared modulo the modulus, by doubling 1.
        var power = [UInt64](repeating: 0, count: count)
        power[0] = 1
        var one = power
        for bit in 0..<(128 * count) {
            power = doubled(power)
            if bit == 64 * count - 1 { one = power }
        }
        let own = product(base, power, factor)
        var result = one
        for byte in exponent {
            for bit in stride(from: 7, through: 0, by: -1) {
                result = product(result, result, factor)
                if byte >> UInt8(bit) & 1 == 1 { result = product(result, own, factor) }
            }
        }
        var unit = [UInt64](repeating: 0, count: count)
        unit[0] = 1
        return product(result, unit, factor)
    }

    private func doubled(_ value: [UInt64]) -> [UInt64] {
        var carry: UInt64 = 0
        let twice = value.map { limb in
            defer { carry = limb >> 63 }
            return limb << 1 | carry
        }
        return reduced(twice, carry)
    }

    /// a * b / 2^(64 * limbs) modulo the modulus.
    private func product(_ a: [UInt64], _ b: [UInt64], _ factor: UInt64) -> [UInt64] {
        let count = modulus.count
        var sum = [UInt64](repeating: 0, count: count + 2)
        for digit in a {
            add(b, times: digit, to: &sum)
            add(modulus, times: sum[0] &* factor, to: &sum)
            for index in 0...count { sum[index] = sum[index + 1] }
            sum[count + 1] = 0
        }
        return reduced(Array(sum[..<count]), sum[count])
    }

    private func add(_ value: [UInt64], times factor: UInt64, to sum: inout [UInt64]) {
        var carry: UInt64 = 0
        for index in value.indices {
            var (high, low) = value[index].multipliedFullWidth(by: factor)
            for term in [carry, sum[index]] {
                let (added, isOver) = low.addingReportingOverflow(term)
                low = added
                if isOver { high &+= 1 }
            }
            sum[index] = low
            carry = high
        }
        let (added, isOver) = sum[value.count].addingReportingOverflow(carry)
        sum[value.count] = added
        if isOver { sum[value.count + 1] &+= 1 }
    }

    /// What is below twice the modulus, below it.
    private func reduced(_ value: [UInt64], _ carry: UInt64) -> [UInt64] {
        var isLess = false
        if carry == 0 {
            for index in modulus.indices.reversed() where value[index] != modulus[index] {
                isLess = value[index] < modulus[index]
                break
            }
        }
        guard !isLess else { return value }
        var borrow: UInt64 = 0
        return value.indices.map { index in
            let (first, isUnder) = value[index].subtractingReportingOverflow(modulus[index])
            let (second, isUnderToo) = first.subtractingReportingOverflow(borrow)
            borrow = isUnder || isUnderToo ? 1 : 0
            return second
        }
    }

    private static func limbs(_ bytes: [UInt8]) -> [UInt64] {
        var limbs: [UInt64] = []
        var end = bytes.count
        while end > 0 {
            limbs.append(bytes[max(0, end - 8)..<end].reduce(0) { $0 << 8 | UInt64($1) })
            end -= 8
        }
        return limbs
    }

    private static func bytes(_ limbs: [UInt64]) -> [UInt8] {
        limbs.reversed().flatMap { limb in
            stride(from: UInt64(56), through: 0, by: -8).map { UInt8(truncatingIfNeeded: limb >> $0) }
        }
    }

    // MARK: - DER

    /// Modulus and private exponent of a PKCS #8 key, without leading zeros.
    private static func key(_ bytes: [UInt8]) -> (modulus: [UInt8], exponent: [UInt8])? {
        var outer = DER(bytes[...])
        guard var info = outer.read(0x30).map(DER.init), info.read(0x02) != nil, info.read(0x30) != nil,
            var wrapped = info.read(0x04).map(DER.init), var key = wrapped.read(0x30).map(DER.init),
            key.read(0x02) != nil, let modulus = key.read(0x02), key.read(0x02) != nil, let exponent = key.read(0x02)
        else { return nil }
        let size = modulus.drop { $0 == 0 }
        // A length that isn't in whole limbs is none that keys are made with.
        guard size.count % 8 == 0 else { return nil }
        return (Array(size), Array(exponent.drop { $0 == 0 }))
    }

    /// A walk over elements of ASN.1's distinguished encoding (X.690).
    private struct DER {
        private var rest: ArraySlice<UInt8>

        init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

        /// The content of the next element; nil when it has another tag, or isn't whole.
        mutating func read(_ tag: UInt8) -> ArraySlice<UInt8>? {
            guard rest.popFirst() == tag, let first = rest.popFirst() else { return nil }
            var length = Int(first)
            if first > 0x80 {
                guard first <= 0x83, rest.count >= Int(first & 0x7F) else { return nil }
                length = 0
                for _ in 0..<(first & 0x7F) { length = length << 8 | Int(rest.popFirst() ?? 0) }
            }
            guard first != 0x80, length <= rest.count else { return nil }
            defer { rest = rest.dropFirst(length) }
            return rest.prefix(length)
        }
    }
}
