import NameSources
import NetTypes

/// A bucket that flow logs are read from.
struct AWSSourceConfiguration: Sendable, Equatable {
    var region = "us-east-1"
    /// Only objects whose keys begin so.
    var prefix = ""
    /// The URL of a queue that tells of new objects; without one the bucket is listed.
    var queue: String?
    /// A server other than AWS's own.
    var endpoint: String?
    var accessKey: String?
    var secretKey: Secret?
    /// Seconds from one listing to the next.
    var interval = Duration.seconds(60)
    /// Days that a listing looks back.
    var days: UInt32 = 3
    var layout: String?
    var sampler: IPAddress?

    /// Its key, in the section `sources`.
    static let key = ConfigurationKey(
        "sources",
        "aws",
        \.sources.aws,
        .map(
            "a map such as {flow-bucket: {region: eu-central-1, queue: \"https://sqs...\"}}",
            names: .bucketName,
            values: .awsSource
        ),
        "Buckets of Amazon S3 whose VPC flow logs are read, by their names. See Docs/cloud.md."
    )
}

extension ValueFormat<AWSSourceConfiguration> {
    /// Where a bucket is, and how its objects are found.
    static var awsSource: Self {
        ValueFormat.settings(
            [
                Setting("region", \.region, .text("a region such as eu-central-1"), "Where the bucket is."),
                Setting(
                    "prefix",
                    \.prefix,
                    .keyPrefix("AWSLogs/"),
                    "Only objects whose keys begin so are read."
                ),
                Setting(
                    "queue",
                    \.queue,
                    .optionalURL("https://sqs.eu-central-1.amazonaws.com/123456789012/flow-logs"),
                    """
                    The SQS queue that S3, SNS or EventBridge tell of new objects; without one the bucket is listed.
                    """
                ),
                Setting(
                    "endpoint",
                    \.endpoint,
                    .optionalURL("http://127.0.0.1:9000"),
                    "Another server that speaks S3 and SQS, asked instead of AWS."
                ),
                Setting(
                    "accessKey",
                    \.accessKey,
                    .optionalWord,
                    """
                    The id of an access key; without one the environment, ~/.aws/credentials and the roles of container \
                    and instance are asked.
                    """
                ),
                Setting("secretKey", \.secretKey, .optionalSecret(least: 1), "The secret of the access key."),
                Setting(
                    "interval",
                    \.interval,
                    .wholeSecondsOfListing,
                    "How often the bucket is listed where there is no queue."
                ),
                Setting(
                    "days",
                    \.days,
                    .lookBack,
                    "How many days back a listing looks for objects that aren't stored."
                ),
                Setting(
                    "layout",
                    \.layout,
                    .optionalLayout,
                    "The fields of lines that have no header, as ${version} ${account-id} ...; default version 2."
                ),
                Setting(
                    "sampler",
                    \.sampler,
                    .optionalSampler,
                    "SamplerAddress of the rows; default one made of the account."
                ),
            ],
            default: AWSSourceConfiguration()
        )
        .checked { value throws(ValueProblem) in
            guard (value.accessKey == nil) == (value.secretKey == nil) else {
                throw ValueProblem("accessKey and secretKey belong together")
            }
        }
    }
}

extension ValueFormat<String> {
    /// A bucket's name (S3 user guide, "Bucket naming rules").
    fileprivate static var bucketName: Self {
        .single(
            "a bucket's name of 3 to 63 small letters, digits, dots and hyphens",
            parse: { name in
                let isPlain = name.utf8.allSatisfy { byte in
                    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte == UInt8(ascii: ".")
                        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
                }
                return isPlain && (3...63).contains(name.utf8.count) ? name : nil
            },
            text: { yamlText($0) }
        )
    }
}
