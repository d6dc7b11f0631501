/// Elements whose values are text for people: they go to the column `Strings`.
///
/// One name for one thing, whoever exports it, so that a query needn't know
/// the vendor. What people enter in confidence (passwords, cookies,
/// authorisation headers, statements to databases) is not taken.
///
/// Numbers and names are those of IANA's registry and of the vendors' own
/// lists: Cisco 9, Citrix NetScaler 5951, CERT YAF 6871, CESNET 8057, Masaryk
/// University 16982, Flowmon 39499.
extension ElementRegistry {
    static let texts: [InformationElement] = [
        Text("applicationDescription", (0, 94, "applicationDescription")),
        Text(
            "applicationName",
            (0, 96, "applicationName"),
            (5951, 152, "appName"),
            (16982, 201, "appName"),
            // A Palo Alto Networks firewall's App-ID; NetFlow v9 has numbers beyond 32767 for the vendor's own.
            (0, 56701, "App-ID")
        ),
        Text("applicationCategory", (0, 372, "applicationCategoryName"), (9, 12232, "appCategoryName")),
        Text("applicationSubCategory", (0, 373, "applicationSubCategoryName"), (9, 12233, "appSubCategoryName")),
        Text("applicationGroup", (0, 374, "applicationGroupName"), (9, 12234, "appGroupName")),
        Text("dnsName", (8057, 2, "DNSName"), (39499, 121, "dnsQname")),
        Text("dhcpHostName", (39499, 206, "dhcpHostName")),
        Text(
            "httpHost",
            (0, 460, "httpRequestHost"),
            (5951, 142, "httpReqHost"),
            (6871, 117, "httpHost"),
            (16982, 501, "HTTPRequestHost"),
            (39499, 1, "httpHost")
        ),
        Text("httpMethod", (0, 459, "httpRequestMethod"), (5951, 141, "httpReqMethod"), (8057, 200, "httpMethod")),
        Text("httpReason", (0, 470, "httpReasonPhrase")),
        Text("httpVersion", (0, 462, "httpMessageVersion"), (6871, 114, "httpVersion")),
        Text(
            "httpUrl",
            (0, 461, "httpRequestTarget"),
            (5951, 130, "httpReqUrl"),
            (6871, 112, "httpGet"),
            (16982, 502, "HTTPRequestURL"),
            (39499, 2, "httpUrl")
        ),
        Text(
            "httpContentType",
            (0, 469, "httpContentType"),
            (5951, 183, "httpContentType"),
            (6871, 122, "httpContentType"),
            (16982, 507, "HTTPResponseType"),
            (39499, 10, "httpContentType")
        ),
        Text("httpServer", (6871, 110, "httpServerString"), (8057, 201, "httpServer")),
        Text(
            "httpUserAgent",
            (0, 468, "httpUserAgent"),
            (5951, 143, "httpReqUserAgent"),
            (6871, 111, "httpUserAgent"),
            (16982, 504, "HTTPRequestAgent"),
            (39499, 20, "httpUserAgent")
        ),
        Text("natPoolName", (0, 284, "natPoolName")),
        Text("observationDomainName", (0, 300, "observationDomainName")),
        Text("osName", (6871, 36, "osName")),
        Text("quicServerName", (8057, 890, "quicSNI")),
        Text("quicUserAgent", (8057, 891, "quicUserAgent")),
        Text("selectorName", (0, 335, "selectorName")),
        Text("sipCalledParty", (8057, 104, "SIPCalledParty"), (39499, 35, "sipCalledParty")),
        Text("sipCallingParty", (8057, 103, "SIPCallingParty"), (39499, 34, "sipCallingParty")),
        Text("sshVersion", (6871, 171, "sshVersion")),
        Text("tlsCommonName", (6871, 205, "sslCertSubCommonName"), (39499, 350, "tlsSubjectCn")),
        Text("tlsIssuer", (6871, 196, "sslCertIssuerCommonName"), (39499, 349, "tlsIssuerCn")),
        Text(
            "tlsServerName",
            (6871, 294, "sslServerName"),
            (8057, 808, "TLSSNI"),
            (16982, 811, "tlsServerName"),
            (39499, 338, "tlsSni")
        ),
        Text("encryptedTechnology", (0, 290, "encryptedTechnology")),
        Text("p2pTechnology", (0, 288, "p2pTechnology")),
        Text("tunnelTechnology", (0, 289, "tunnelTechnology")),
        Text(
            "userName",
            (0, 371, "userName"),
            (5951, 205, "aaaUsername"),
            (39499, 7232, "username"),
            // A Palo Alto Networks firewall's User-ID.
            (0, 56702, "User-ID")
        ),
        Text("virtualStationInterface", (0, 348, "virtualStationInterfaceName")),
        Text("virtualStation", (0, 350, "virtualStationName")),
        Text("vrfName", (0, 236, "VRFname")),
        Text("wlanSSID", (0, 147, "wlanSSID")),
    ].flatMap(\.elements)

    /// A name in `Strings`, and the elements that give it: enterprise, number, the vendor's name.
    private struct Text {
        let key: String
        let sources: [(enterprise: UInt32, id: UInt16, name: String)]

        init(_ key: String, _ sources: (UInt32, UInt16, String)...) {
            self.key = key
            self.sources = sources
        }

        var elements: [InformationElement] {
            sources.map { source in
                InformationElement(
                    enterprise: source.enterprise,
                    id: source.id,
                    name: source.name,
                    actions: [.text(key)]
                )
            }
        }
    }
}
