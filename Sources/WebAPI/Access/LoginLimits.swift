import Foundation
import NetTypes
import Synchronization

/// How often one address may try a password: ten times at once, and then once in six seconds.
///
/// Guessing is slow that way, and nobody who mistypes is kept out for long. It is about addresses, not about users,
/// since else anybody could lock out anybody.
struct LoginLimits {
    /// Tries that are left, at a time.
    private struct Bucket {
        var tries: Double
        var at: UInt64
    }

    private var buckets: [IPAddress: Bucket] = [:]

    /// Tries at once.
    static let atOnce = 10.0
    /// Seconds after which there is one more.
    static let pause = 6.0
    /// Addresses that are remembered; beyond them the one that tried the longest ago is forgotten.
    static let most = 4096

    /// Takes a try.
    ///
    /// - Returns: nil when there was one, or the seconds until there is.
    mutating func take(_ address: IPAddress?, now: UInt64) -> UInt64? {
        let key = Self.key(address)
        var bucket = buckets[key] ?? Bucket(tries: Self.atOnce, at: now)
        bucket.tries = min(Self.atOnce, bucket.tries + Double(now - min(now, bucket.at)) / Self.pause)
        bucket.at = now
        defer { keep(bucket, key) }
        guard bucket.tries >= 1 else { return UInt64(((1 - bucket.tries) * Self.pause).rounded(.up)) }
        bucket.tries -= 1
        return nil
    }

    /// Gives the try of a login that succeeded back: whoever knows the password doesn't guess.
    mutating func giveBack(_ address: IPAddress?) {
        buckets[Self.key(address)]?.tries += 1
    }

    private mutating func keep(_ bucket: Bucket, _ key: IPAddress) {
        if buckets[key] == nil, buckets.count >= Self.most, let oldest = buckets.min(by: { $0.value.at < $1.value.at })
        {
            buckets[oldest.key] = nil
        }
        buckets[key] = bucket
    }

    /// A network of IPv6 is one client: it has 2^64 addresses to try from.
    private static func key(_ address: IPAddress?) -> IPAddress {
        guard let address else { return .unspecified }
        return address.isV4 ? address : IPAddress(high: address.high, low: 0)
    }
}

/// Hashes passwords beside the cooperative pool, one at a time, so that a flood of logins takes one thread and 64 MiB.
final class PasswordChecks: Sendable {
    private let queue: OperationQueue
    private let waiting = Mutex(0)

    /// Logins that are checked or wait: the last of them waits some seconds.
    static let most = 16

    init() {
        queue = OperationQueue()
        queue.maxConcurrentOperationCount = 1
        queue.qualityOfService = .utility
    }

    /// Whether the password fits; nil when too many wait already.
    func matches(_ password: String, _ hash: PasswordHash) async -> Bool? {
        let isAdmitted = waiting.withLock { waiting in
            guard waiting < Self.most else { return false }
            waiting += 1
            return true
        }
        guard isAdmitted else { return nil }
        defer { waiting.withLock { $0 -= 1 } }
        return await withCheckedContinuation { continuation in
            queue.addOperation { continuation.resume(returning: hash.matches(password)) }
        }
    }
}
