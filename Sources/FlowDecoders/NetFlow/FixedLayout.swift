/// The fixed records of NetFlow's early versions, as templates (Cisco's
/// NetFlow Export Datagram Formats).
enum FixedLayout {
    /// NetFlow v1.
    static let version1 = Template(
        fields: start + [
            padding(2), TemplateField(id: 4, length: 1), TemplateField(id: 5, length: 1),
            TemplateField(id: 6, length: 1),
            padding(11),
        ]
    )

    /// NetFlow v1 as softflowd sends it.
    static let version1Short = Template(
        fields: start + [
            padding(2), TemplateField(id: 4, length: 1), TemplateField(id: 5, length: 1),
            TemplateField(id: 6, length: 1),
            padding(7),
        ]
    )

    /// NetFlow v5.
    static let version5 = Template(
        fields: start + [
            padding(1), TemplateField(id: 6, length: 1), TemplateField(id: 4, length: 1),
            TemplateField(id: 5, length: 1),
            TemplateField(id: 16, length: 2), TemplateField(id: 17, length: 2),
            TemplateField(id: 9, length: 1), TemplateField(id: 13, length: 1), padding(2),
        ]
    )

    /// NetFlow v7; ends in flags that say which fields are valid, and the router that the switch shortcuts.
    static let version7 = Template(
        fields: start + [
            padding(1), TemplateField(id: 6, length: 1), TemplateField(id: 4, length: 1),
            TemplateField(id: 5, length: 1),
            TemplateField(id: 16, length: 2), TemplateField(id: 17, length: 2),
            TemplateField(id: 9, length: 1), TemplateField(id: 13, length: 1), padding(6),
        ]
    )

    /// What all of them begin with: addresses, interfaces, counters, times, ports.
    private static let start = [
        TemplateField(id: 8, length: 4), TemplateField(id: 12, length: 4), TemplateField(id: 15, length: 4),
        TemplateField(id: 10, length: 2), TemplateField(id: 14, length: 2),
        TemplateField(id: 2, length: 4), TemplateField(id: 1, length: 4),
        TemplateField(id: 22, length: 4), TemplateField(id: 21, length: 4),
        TemplateField(id: 7, length: 2), TemplateField(id: 11, length: 2),
    ]

    /// Element 210, paddingOctets.
    private static func padding(_ length: UInt16) -> TemplateField {
        TemplateField(id: 210, length: length)
    }
}
