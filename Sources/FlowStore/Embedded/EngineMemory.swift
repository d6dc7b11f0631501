/// How the engine's memory is shared out: questions, however many run at once,
/// leave three tenths to storing and merging.
struct EngineMemory: Sendable {
    /// Bytes of everything that the engine keeps account of.
    let total: Int
    /// Bytes of the largest part that merges make; nil leaves that to the engine.
    var mostMerged: Int?

    /// Threads that run the product's questions, and those that run people's SQL.
    static let questions = 2
    static let peoplesQuestions = 2

    /// Bytes that one question of the product may use.
    var question: Int { total / 100 * 21 }
    /// Bytes that one statement of a person may use.
    var peoplesQuestion: Int { total / 100 * 14 }

    /// The settings of a question that may use so much: from half of it on it
    /// writes groups to the disk, and from a third of it on what it sorts.
    ///
    /// Groups take twice the time on the disk, so they go there late; what is
    /// read beside them, and what puts the pieces together, needs the rest.
    /// Blocks have as many rows as the engine likes best: those of a megabyte
    /// of values, its default, made rankings of addresses take a tenth longer.
    static func settings(memory: Int) -> [String] {
        [
            "max_memory_usage = \(memory)", "max_bytes_before_external_group_by = \(memory / 2)",
            "max_bytes_before_external_sort = \(memory / 3)", "preferred_block_size_bytes = 0",
        ]
    }

    /// The engine's settings, as it reads them from its file. Its own caches'
    /// ceilings are 5 GB each.
    ///
    /// Merges give way to what is received and asked. Statistics of columns
    /// aren't kept: no question of ours needs them, and they are a fifth of an insert's time.
    var configuration: String {
        """
        <clickhouse>
            <max_server_memory_usage>\(total)</max_server_memory_usage>
            <merges_mutations_memory_usage_soft_limit>\(total / 100 * 15)</merges_mutations_memory_usage_soft_limit>
            <mark_cache_size>\(total / 64)</mark_cache_size>
            <index_mark_cache_size>\(total / 256)</index_mark_cache_size>
            <uncompressed_cache_size>0</uncompressed_cache_size>
            <primary_index_cache_size>\(total / 64)</primary_index_cache_size>
            <query_condition_cache_size>\(total / 128)</query_condition_cache_size>
            <compiled_expression_cache_size>\(total / 128)</compiled_expression_cache_size>
            <background_pool_size>2</background_pool_size>
            <background_merges_mutations_concurrency_ratio>2</background_merges_mutations_concurrency_ratio>
            <os_threads_nice_value_merge_mutate>19</os_threads_nice_value_merge_mutate>
            <merge_tree>
                <merge_with_ttl_timeout>3600</merge_with_ttl_timeout>
                <auto_statistics_types></auto_statistics_types>
                \(boundOfMerges)
            </merge_tree>
        </clickhouse>
        """
    }

    /// A merge takes the more memory the larger its parts are: more columns have buffers of their own. The engine takes
    /// the whole bound only while as many of its threads are free as the second setting says, which are all here.
    private var boundOfMerges: String {
        guard let mostMerged else { return "" }
        return """
            <max_bytes_to_merge_at_max_space_in_pool>\(mostMerged)</max_bytes_to_merge_at_max_space_in_pool>
            <number_of_free_entries_in_pool_to_lower_max_size_of_merge>4</number_of_free_entries_in_pool_to_lower_max_size_of_merge>
            """
    }
}
