extension StoreError {
    /// ClickHouse's NOT_ENOUGH_SPACE.
    static let noRoom = 243

    /// Whether the values of the batch are what the store doesn't take, so that
    /// no other try will help: anything else (no room, no memory, a disk or a
    /// table that is away, a limit) may pass.
    public var isAboutTheBatch: Bool { Self.batchCodes.contains(code) }

    /// ClickHouse's codes (`SELECT errorCodeToName(n)`) that values cause.
    private static let batchCodes: Set<Int> = [
        6,  // CANNOT_PARSE_TEXT
        19,  // SIZE_OF_FIXED_STRING_DOESNT_MATCH
        27,  // CANNOT_PARSE_INPUT_ASSERTION_FAILED
        38,  // CANNOT_PARSE_DATE
        41,  // CANNOT_PARSE_DATETIME
        53,  // TYPE_MISMATCH
        69,  // ARGUMENT_OUT_OF_BOUND
        70,  // CANNOT_CONVERT_TYPE
        72,  // CANNOT_PARSE_NUMBER
        117,  // INCORRECT_DATA
        128,  // TOO_LARGE_ARRAY_SIZE
        131,  // TOO_LARGE_STRING_SIZE
        190,  // SIZES_OF_ARRAYS_DONT_MATCH
        321,  // VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
        349,  // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
        407,  // DECIMAL_OVERFLOW
        441,  // CANNOT_PARSE_DOMAIN_VALUE_FROM_STRING
        469,  // VIOLATED_CONSTRAINT
        565,  // TOO_MANY_PARTITIONS
        675,  // CANNOT_PARSE_IPV4
        676,  // CANNOT_PARSE_IPV6
        691,  // UNKNOWN_ELEMENT_OF_ENUM
    ]
}
