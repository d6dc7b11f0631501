import Foundation

/// What becomes of the settings that a request brings in its URL or at the end of its statement.
///
/// Those that change how an answer reads are applied, those that only tune a server or a client are accepted and
/// ignored, and every other is refused: among ClickHouse's 1,500 settings are some that read files, reach other servers
/// or switch off limits.
enum SQLSettings {
    enum Verdict: Equatable {
        /// For the engine, with this value.
        case applied(String)
        case ignored
        case refused
    }

    static func verdict(_ name: String, _ value: String, seconds: Int) throws(SQLException) -> Verdict {
        // The engine's own number stays, unless fewer are asked for.
        if name == "max_threads" {
            guard let threads = UInt32(value) else { throw SQLException(457, "the setting \(name) is a whole number") }
            return threads > 0 && threads < ProcessInfo.processInfo.activeProcessorCount ? .applied(value) : .ignored
        }
        if let most = numbers[name] {
            let most = name == "max_execution_time" ? seconds : most
            guard let number = Double(value), number >= 0, number.isFinite else {
                throw SQLException(457, "the setting \(name) is a number, 0 or more")
            }
            // 0 stands for no limit, which is not to be had.
            return .applied(String(number < 1 ? most : min(Int(number), most)))
        }
        if counts.contains(name) {
            guard let number = UInt32(value) else { throw SQLException(457, "the setting \(name) is a whole number") }
            return .applied(String(number))
        }
        if texts.contains(name) || isAboutOutput(name) {
            guard value.utf8.count <= 64,
                value.unicodeScalars.allSatisfy({ $0.value >= 0x20 || $0 == "\t" || $0 == "\n" })
            else {
                throw SQLException(
                    457,
                    "the value of the setting \(name) is longer than 64 bytes or has control characters"
                )
            }
            return .applied(value)
        }
        if name == "extremes" {
            guard ["0", "false"].contains(value) else {
                throw SQLException(48, "extremes aren't there: ask for min(x) and max(x) with a second statement")
            }
            return .ignored
        }
        if name == "readonly" { return ["1", "2"].contains(value) ? .ignored : .refused }
        return ignored.contains(name) || ignoredStarts.contains(where: name.hasPrefix) ? .ignored : .refused
    }

    /// Limits: the smaller of what is asked and of what is allowed.
    private static let numbers: [String: Int] = [
        "max_execution_time": 0, "max_block_size": 1_000_000, "max_memory_usage": 1_000_000_000_000,
    ]

    /// The rows that an answer begins behind, and how many it has.
    private static let counts: Set<String> = ["limit", "offset"]

    /// How values are written and compared.
    private static let texts: Set<String> = [
        "date_time_output_format", "session_timezone", "bool_true_representation", "bool_false_representation",
        "format_csv_delimiter", "format_csv_null_representation", "format_tsv_null_representation", "join_use_nulls",
        "join_default_strictness", "union_default_mode", "prefer_column_name_to_alias", "transform_null_in",
        "aggregate_functions_null_for_empty", "cast_keep_nullable", "short_circuit_function_evaluation",
        "format_custom_escaping_rule", "format_custom_field_delimiter", "format_custom_row_between_delimiter",
        "enable_named_columns_in_function_tuple", "group_by_use_nulls",
    ]

    /// `output_format_json_quote_64bit_integers` and its like, but none that names a file.
    private static func isAboutOutput(_ name: String) -> Bool {
        name.hasPrefix("output_format_")
            && !["schema", "path", "file", "registry", "url"].contains(where: name.contains)
            && name.utf8.allSatisfy { ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x5F }
    }

    private static let ignored: Set<String> = [
        // Of the protocol, read elsewhere or without a meaning here.
        "session_id", "session_timeout", "session_check", "quota_key", "buffer_size", "stacktrace", "role",
        "client_protocol_version", "http_headers_progress_interval_ms", "http_zlib_compression_level",
        "cancel_http_readonly_queries_on_client_close", "add_http_cors_header", "http_response_buffer_size",
        "http_wait_end_of_query", "http_write_exception_in_output_format", "output_format_enable_streaming",
        // What a server writes about queries.
        "log_queries", "log_comment", "log_query_threads", "log_query_settings", "log_profile_events",
        "log_formatted_queries", "opentelemetry_start_trace_probability",
        // How values are read, and inserts.
        "date_time_input_format", "cast_string_to_dynamic_use_inference", "async_insert", "wait_for_async_insert",
        "use_client_time_zone", "network_compression_method", "network_zstd_compression_level",
        // Limits of a result, which is streamed.
        "max_result_rows", "max_result_bytes", "result_overflow_mode", "max_query_size", "priority",
        "max_rows_to_read", "max_bytes_to_read", "timeout_overflow_mode", "timeout_before_checking_execution_speed",
        "use_query_cache", "enable_analyzer", "load_balancing", "compile_expressions", "optimize_read_in_order",
        "use_uncompressed_cache", "use_skip_indexes", "force_index_by_date", "any_join_distinct_right_table_keys",
        "join_algorithm", "connect_timeout", "receive_timeout", "send_timeout", "max_parallel_replicas",
        "interactive_delay", "idle_connection_timeout", "poll_interval",
    ]

    private static let ignoredStarts = [
        "input_format_", "insert_", "http_connection_", "http_receive_", "http_send_", "http_max_", "distributed_",
        "max_bytes_before_", "max_bytes_ratio_", "prefer_localhost_", "optimize_",
    ]
}
