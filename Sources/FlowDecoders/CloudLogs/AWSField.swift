import FlowSchema

/// The fields of AWS VPC flow logs through version 11, by the names of header
/// lines (AWS, "Flow log records": available fields).
enum AWSField: UInt8, CaseIterable {
    // Version 2.
    case version, accountId, interfaceId, srcaddr, dstaddr, srcport, dstport, `protocol`, packets, bytes, start, end
    case action, logStatus
    // Version 3.
    case vpcId, subnetId, instanceId, tcpFlags, type, pktSrcaddr, pktDstaddr
    // Version 4.
    case region, azId, sublocationType, sublocationId
    // Version 5.
    case pktSrcAwsService, pktDstAwsService, flowDirection, trafficPath
    // Version 7.
    case ecsClusterArn, ecsClusterName, ecsContainerInstanceArn, ecsContainerInstanceId, ecsContainerId
    case ecsSecondContainerId, ecsServiceName, ecsTaskDefinitionArn, ecsTaskArn, ecsTaskId
    // Versions 8, 9 and 10.
    case rejectReason, resourceId, encryptionStatus
    // Version 11.
    case instanceTag, instanceTag2, interfaceTag, interfaceTag2, asgTag, asgTag2, interfaceType
    case nextHopInterfaceId, nextHopSubnetId, nextHopAzId, nextHopVpcId, nextHopInterfaceType
    /// A field of a later version: its place counts, its value doesn't.
    case unknown

    /// Fields that a line can have, with room for the unknown one.
    static let count = 55

    /// The name in header lines: `pkt-srcaddr`. Parquet has `_` for `-`.
    var name: String {
        var name = ""
        for character in String(describing: self) {
            if character.isUppercase || character.isNumber {
                name += "-" + character.lowercased()
            } else {
                name.append(character)
            }
        }
        return name
    }

    /// The field of a name, with either separator.
    static func named(_ name: String) -> AWSField? {
        byName[name.replacing("_", with: "-")]
    }

    private static let byName = Dictionary(
        uniqueKeysWithValues: allCases.filter { $0 != .unknown }.map { ($0.name, $0) }
    )

    /// The column of a text that people filter by.
    var column: FlowColumn? {
        switch self {
        case .accountId: .cloudAccount
        case .interfaceId: .cloudInterface
        case .action: .cloudAction
        case .vpcId: .cloudVpc
        case .subnetId: .cloudSubnet
        case .instanceId: .cloudInstance
        case .region: .cloudRegion
        case .azId: .cloudZone
        case .pktSrcAwsService: .srcCloudService
        case .pktDstAwsService: .dstCloudService
        case .ecsClusterName: .cloudCluster
        case .ecsServiceName: .cloudWorkload
        case .ecsTaskId: .cloudTask
        case .rejectReason: .cloudReason
        default: nil
        }
    }

    /// The name in `Strings` of a text without a column of its own.
    var textName: String? {
        switch self {
        case .sublocationType: "awsSublocationType"
        case .sublocationId: "awsSublocation"
        case .ecsClusterArn: "ecsClusterArn"
        case .ecsContainerInstanceArn: "ecsContainerInstanceArn"
        case .ecsContainerInstanceId: "ecsContainerInstance"
        case .ecsContainerId: "ecsContainer"
        case .ecsSecondContainerId: "ecsSecondContainer"
        case .ecsTaskDefinitionArn: "ecsTaskDefinitionArn"
        case .ecsTaskArn: "ecsTaskArn"
        case .resourceId: "awsResource"
        case .encryptionStatus: "awsEncryptionStatus"
        case .instanceTag: "awsInstanceTag"
        case .instanceTag2: "awsInstanceTag2"
        case .interfaceTag: "awsInterfaceTag"
        case .interfaceTag2: "awsInterfaceTag2"
        case .asgTag: "awsAsgTag"
        case .asgTag2: "awsAsgTag2"
        case .interfaceType: "awsInterfaceType"
        case .nextHopInterfaceId: "awsNextHopInterface"
        case .nextHopSubnetId: "awsNextHopSubnet"
        case .nextHopAzId: "awsNextHopZone"
        case .nextHopVpcId: "awsNextHopVpc"
        case .nextHopInterfaceType: "awsNextHopInterfaceType"
        default: nil
        }
    }

    /// Whether the value is percent-encoded: tags are.
    var isEncoded: Bool { AWSField.instanceTag.rawValue...AWSField.asgTag2.rawValue ~= rawValue }
}

/// Which field stands where in the lines of an AWS VPC flow log.
///
/// The number in `version` doesn't tell it: a header line or the configuration does.
public struct AWSLogLayout: Equatable, Sendable {
    /// The fields in their order.
    let fields: [AWSField]
    /// Texts with a column of their own.
    let columns: [(field: AWSField, column: FlowColumn)]
    /// Texts for `Strings`, with their name and a zero byte.
    let texts: [(field: AWSField, name: [UInt8])]

    /// Most fields of a line: more than AWS has, so that later versions are read.
    static let mostFields = 128

    /// What AWS writes where nothing else is configured: version 2.
    public static let standard = AWSLogLayout(Array(AWSField.allCases[...Int(AWSField.logStatus.rawValue)]))

    private init(_ fields: [AWSField]) {
        self.fields = fields
        let present = AWSField.allCases.filter(fields.contains)
        columns = present.compactMap { field in field.column.map { (field, $0) } }
        texts = present.compactMap { field in field.textName.map { (field, Array($0.utf8) + [0]) } }
    }

    /// Reads a header line, or a layout as the AWS console shows it: `${version} ${account-id}`.
    ///
    /// Fields that aren't known keep their place.
    ///
    /// - Throws: ``CloudLogError/unknownLayout`` when these are no names of fields, ``CloudLogError/notAFlow`` when
    ///   addresses are missing, ``CloudLogError/transitGateway``.
    public init(reading text: some StringProtocol) throws(CloudLogError) {
        let names = text.split(whereSeparator: \.isWhitespace).map { name in
            name.hasPrefix("${") && name.hasSuffix("}") ? String(name.dropFirst(2).dropLast()) : String(name)
        }
        guard !names.isEmpty, names.count <= Self.mostFields else { throw .unknownLayout }
        if names.contains(where: { $0.hasPrefix("tgw-") }) { throw .transitGateway }
        let fields = names.map { AWSField.named($0) ?? .unknown }
        guard 2 * fields.count(where: { $0 != .unknown }) >= fields.count else { throw .unknownLayout }
        guard
            (fields.contains(.srcaddr) && fields.contains(.dstaddr))
                || (fields.contains(.pktSrcaddr) && fields.contains(.pktDstaddr))
        else { throw .notAFlow }
        self.init(fields)
    }

    /// Whether two layouts have the same fields in the same places.
    public static func == (a: AWSLogLayout, b: AWSLogLayout) -> Bool { a.fields == b.fields }
}
