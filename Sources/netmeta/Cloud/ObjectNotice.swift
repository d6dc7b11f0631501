import Foundation

/// An object that a notification tells of.
struct ObjectNotice: Equatable, Sendable {
    var bucket: String
    var key: String
    /// Empty where the notification doesn't tell.
    var etag: String
}

/// What a message of a queue says.
enum NoticeMessage: Equatable, Sendable {
    /// Objects that are there since.
    case objects([ObjectNotice])
    /// A message that isn't about new objects: S3's test event, removals.
    case nothing
    /// Not understood.
    case broken

    /// Reads a message: an event of S3, alone or wrapped by SNS, or one of EventBridge.
    init(_ body: String) {
        guard let message = try? JSONDecoder().decode(Envelope.self, from: Data(body.utf8)) else {
            self = .broken
            return
        }
        if message.event == "s3:TestEvent" {
            self = .nothing
        } else if let inner = message.inner, message.records == nil {
            // SNS holds the event as text; what SNS sends besides, such as the confirmation of a subscription, is none.
            guard message.kind == "Notification" else {
                self = .nothing
                return
            }
            self = (try? JSONDecoder().decode(Envelope.self, from: Data(inner.utf8))).map(Self.init) ?? .broken
        } else {
            self.init(message)
        }
    }

    private init(_ message: Envelope) {
        if message.event == "s3:TestEvent" {
            self = .nothing
        } else if let records = message.records {
            let created = records.filter { $0.eventName?.contains("ObjectCreated") ?? true }
            // In S3's own events keys are as in forms.
            let objects = created.compactMap { record in
                record.s3?.object.key.removingPercentEncodingOfForms.flatMap { key in
                    record.s3.map { ObjectNotice(bucket: $0.bucket.name, key: key, etag: $0.object.eTag ?? "") }
                }
            }
            self = objects.isEmpty ? (created.isEmpty ? .nothing : .broken) : .objects(objects)
        } else if let detail = message.detail {
            // EventBridge writes keys as they are.
            let etag = detail.object.etag ?? ""
            self = .objects([ObjectNotice(bucket: detail.bucket.name, key: detail.object.key, etag: etag)])
        } else {
            self = .broken
        }
    }

    private struct Envelope: Decodable {
        var event: String?
        var kind: String?
        var inner: String?
        var records: [Record]?
        var detail: Detail?

        enum CodingKeys: String, CodingKey {
            case event = "Event"
            case kind = "Type"
            case inner = "Message"
            case records = "Records"
            case detail
        }
    }

    private struct Record: Decodable {
        var eventName: String?
        var s3: S3?
    }

    private struct S3: Decodable {
        var bucket: Bucket
        var object: Object
    }

    private struct Detail: Decodable {
        var bucket: Bucket
        var object: Object
    }

    private struct Bucket: Decodable {
        var name: String
    }

    private struct Object: Decodable {
        var key: String
        var eTag: String?
        var etag: String?
    }
}
