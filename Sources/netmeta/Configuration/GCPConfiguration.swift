import FlowDecoders
import NetTypes
import WebAPI

/// How entries of Google Cloud's flow logs become rows.
struct GCPEntryConfiguration: Sendable, Equatable {
    var reporter = CloudLogSettings.Reporter.source
    /// 1 / flow_sampling; 0 when it isn't known.
    var samplingRate: UInt32 = 0
    var sampler: IPAddress?
}

/// Whom a subscription that pushes authenticates as.
struct PushSignerConfiguration: Sendable, Equatable {
    /// The address of the service account; nil where no statement of Google's is wanted.
    var account: String?
    /// Whom the statement has to be for.
    var audience: String?
    /// Where the keys are that it is signed with; nil for Google's own place.
    var keys: String?

    /// Both, where a statement is wanted.
    var wanted: PushSigner? {
        guard let account, let audience else { return nil }
        return PushSigner(account: account, audience: audience)
    }

    fileprivate func check(push: Bool) throws(ValueProblem) {
        guard account != nil || (audience == nil && keys == nil) else {
            throw ValueProblem("pushAudience and pushKeys need the pushAccount that is wanted")
        }
        guard account == nil || push else { throw ValueProblem("pushAccount needs push: true") }
        guard account == nil || audience != nil else {
            throw ValueProblem(
                "pushAccount needs the pushAudience of the subscription: by default the URL it pushes to"
            )
        }
    }
}

/// A bucket of Google Cloud Storage that flow logs are read from.
struct GCSSourceConfiguration: Sendable, Equatable {
    /// Only objects whose names begin so.
    var prefix = "compute.googleapis.com/vpc_flows/"
    /// A subscription that tells of new objects; without one the bucket is listed.
    var subscription: String?
    /// Whether the subscription pushes.
    var push = false
    var signer = PushSignerConfiguration()
    /// The key file of a service account.
    var credentials: String?
    /// A server other than Google's own.
    var endpoint: String?
    /// Seconds from one listing to the next.
    var interval = Duration.seconds(60)
    /// Days that a listing looks back.
    var days: UInt32 = 3
    var entries = GCPEntryConfiguration()

    /// Its key, in the section `sources`.
    static let key = ConfigurationKey(
        "sources",
        "gcs",
        \.sources.gcs,
        .map(
            "a map such as {flow-bucket: {credentials: /etc/netmeta/gcp.json}}",
            names: .googleBucketName,
            values: .gcsSource
        ),
        "Buckets of Google Cloud Storage whose VPC flow logs are read, by their names. See Docs/cloud.md."
    )

    private static let ofSigner: [Setting<GCSSourceConfiguration>] = signerSettings(
        \.signer.account,
        \.signer.audience,
        \.signer.keys
    )

    fileprivate static let settings: [Setting<GCSSourceConfiguration>] =
        [
            Setting(
                "prefix",
                \.prefix,
                .keyPrefix("compute.googleapis.com/vpc_flows/"),
                "Only objects whose names begin so are read."
            ),
            Setting(
                "subscription",
                \.subscription,
                .optionalSubscription,
                "The subscription of Pub/Sub that gets the bucket's notifications; without one the bucket is listed."
            ),
            Setting("push", \.push, .truth, ofPush),
            Setting("credentials", \.credentials, .optionalWord, ofCredentials),
            Setting(
                "endpoint",
                \.endpoint,
                .optionalURL("http://127.0.0.1:9023"),
                "Another server that speaks Cloud Storage's JSON API, asked instead of Google."
            ),
            Setting(
                "interval",
                \.interval,
                .wholeSecondsOfListing,
                "How often the bucket is listed where there is no subscription."
            ),
            Setting(
                "days",
                \.days,
                .lookBack,
                "How many days back a listing looks for objects that aren't stored."
            ),
        ] + ofSigner + entrySettings(\.entries.reporter, \.entries.samplingRate, \.entries.sampler)
}

/// A subscription of Pub/Sub that entries of flow logs come by.
struct PubSubSourceConfiguration: Sendable, Equatable {
    /// Whether the subscription pushes.
    var push = false
    var signer = PushSignerConfiguration()
    /// The key file of a service account.
    var credentials: String?
    /// A server other than Google's own.
    var endpoint: String?
    var entries = GCPEntryConfiguration()

    /// Its key, in the section `sources`.
    static let key = ConfigurationKey(
        "sources",
        "pubsub",
        \.sources.pubsub,
        .map(
            "a map such as {projects/my-project/subscriptions/flow-logs: {}}",
            names: .subscription,
            values: .pubSubSource
        ),
        """
        Subscriptions of Pub/Sub to which a sink of Cloud Logging publishes entries of VPC flow logs. See Docs/cloud.md.
        """
    )

    private static let ofSigner: [Setting<PubSubSourceConfiguration>] = signerSettings(
        \.signer.account,
        \.signer.audience,
        \.signer.keys
    )

    fileprivate static let settings: [Setting<PubSubSourceConfiguration>] =
        [
            Setting("push", \.push, .truth, ofPush),
            Setting("credentials", \.credentials, .optionalWord, ofCredentials),
            Setting(
                "endpoint",
                \.endpoint,
                .optionalURL("http://127.0.0.1:8085"),
                "Another server that speaks Pub/Sub over REST, asked instead of Google."
            ),
        ] + ofSigner + entrySettings(\.entries.reporter, \.entries.samplingRate, \.entries.sampler)
}

private let ofPush = """
    Whether the subscription pushes to /api/v1/pubsub of this server, which then doesn't pull.
    """

private let ofCredentials = """
    The key file of a service account; without one GOOGLE_APPLICATION_CREDENTIALS and the metadata server are asked, with \
    the word metadata only that.
    """

/// What both kinds of sources say of who pushes.
private func signerSettings<Root>(
    _ account: any WritableKeyPath<Root, String?> & Sendable,
    _ audience: any WritableKeyPath<Root, String?> & Sendable,
    _ keys: any WritableKeyPath<Root, String?> & Sendable
) -> [Setting<Root>] {
    [
        Setting(
            "pushAccount",
            account,
            .optionalWord,
            "The service account that the subscription authenticates as; a push without Google's statement is refused then."
        ),
        Setting("pushAudience", audience, .optionalWord, "The audience that the subscription's authentication names."),
        Setting(
            "pushKeys",
            keys,
            .optionalURL(GoogleKeys.place),
            "Where the keys are that the statement is signed with, asked instead of Google; one place for all subscriptions."
        ),
    ]
}

/// What both kinds of sources say of entries.
private func entrySettings<Root>(
    _ reporter: any WritableKeyPath<Root, CloudLogSettings.Reporter> & Sendable,
    _ samplingRate: any WritableKeyPath<Root, UInt32> & Sendable,
    _ sampler: any WritableKeyPath<Root, IPAddress?> & Sendable
) -> [Setting<Root>] {
    [
        Setting(
            "reporter",
            reporter,
            .choice,
            "Whose entry counts where both ends may have reported a flow; the other's is a duplicate."
        ),
        Setting(
            "samplingRate",
            samplingRate,
            .flowSampling,
            "How many flows an entry stands for, 1 / flow_sampling; 0 when that isn't known."
        ),
        Setting("sampler", sampler, .optionalSampler, "SamplerAddress of the rows; default one made of the project."),
    ]
}

extension ValueFormat<GCSSourceConfiguration> {
    /// Where a bucket's objects are, and how they are found.
    fileprivate static var gcsSource: Self {
        ValueFormat.settings(GCSSourceConfiguration.settings, default: GCSSourceConfiguration())
            .checked { value throws(ValueProblem) in
                guard !value.push || value.subscription != nil else {
                    throw ValueProblem("push needs the subscription that pushes")
                }
                try value.signer.check(push: value.push)
            }
    }
}

extension ValueFormat<PubSubSourceConfiguration> {
    fileprivate static var pubSubSource: Self {
        ValueFormat.settings(PubSubSourceConfiguration.settings, default: PubSubSourceConfiguration())
            .checked { value throws(ValueProblem) in try value.signer.check(push: value.push) }
    }
}

extension ValueFormat<UInt32> {
    fileprivate static var flowSampling: Self {
        .single("a whole number such as 2", parse: { UInt32($0) }, text: { String($0) })
    }
}

extension ValueFormat<String> {
    /// A bucket's name (Cloud Storage, "Bucket naming requirements").
    fileprivate static var googleBucketName: Self {
        .single(
            "a bucket's name of 3 to 222 small letters, digits, dots, hyphens and underscores",
            parse: { name in
                let isPlain = name.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
                    default: ".-_".utf8.contains(byte)
                    }
                }
                return isPlain && (3...222).contains(name.utf8.count) && !name.hasPrefix(".") ? name : nil
            },
            text: { yamlText($0) }
        )
    }

    fileprivate static var subscription: Self {
        .single(
            "a subscription such as projects/my-project/subscriptions/flow-logs",
            parse: { isSubscription($0) ? $0 : nil },
            text: { yamlText($0) }
        )
    }
}

extension ValueFormat<String?> {
    fileprivate static var optionalSubscription: Self {
        .single(
            "a subscription such as projects/my-project/subscriptions/flow-logs",
            parse: { $0.isEmpty ? .some(nil) : isSubscription($0) ? .some($0) : nil },
            text: { yamlText($0 ?? "") }
        )
    }
}

/// Whether that can be a subscription's name; it becomes a part of URLs and of a file's name.
private func isSubscription(_ name: String) -> Bool {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "projects" && parts[2] == "subscriptions" && name.utf8.count <= 200
        && [parts[1], parts[3]].allSatisfy { part in
            !part.isEmpty && !part.hasPrefix(".")
                && part.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                        UInt8(ascii: "0")...UInt8(ascii: "9"):
                        true
                    default: ".-_~:".utf8.contains(byte)
                    }
                }
        }
}
