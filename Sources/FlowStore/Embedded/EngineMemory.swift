/// How the engine's memory is shared out: storing always gets its part, questions share the rest.
struct EngineMemory: Sendable {
    /// Bytes of everything that the engine keeps account of.
    let total: Int

    /// Bytes that one query may use: half, so that one can't take what another and storing need.
    var query: Int { total / 2 }

    /// The settings of a query: what it may use, and from where on it writes
    /// to the disk what it can't hold, well before that.
    func settings(query bytes: Int) -> [String] {
        [
            "max_memory_usage = \(bytes)", "max_bytes_before_external_group_by = \(bytes / 3)",
            "max_bytes_before_external_sort = \(bytes / 3)",
        ]
    }

    /// When all memory is taken, the engine ends the query that is furthest
    /// beyond its share; who says this is left out of that choice and waits.
    static let neverVictim =
        "SET memory_overcommit_ratio_denominator = 0, memory_overcommit_ratio_denominator_for_user = 0"

    /// The engine's settings, as it reads them from its file. Its own caches'
    /// ceilings are 5 GB each.
    ///
    /// Merges give way to what is received and asked. Statistics of columns
    /// aren't kept: no question of ours needs them, and they are a fifth of an insert's time.
    var configuration: String {
        """
        <clickhouse>
            <max_server_memory_usage>\(total)</max_server_memory_usage>
            <merges_mutations_memory_usage_soft_limit>\(total / 2)</merges_mutations_memory_usage_soft_limit>
            <mark_cache_size>\(total / 32)</mark_cache_size>
            <index_mark_cache_size>\(total / 128)</index_mark_cache_size>
            <uncompressed_cache_size>0</uncompressed_cache_size>
            <primary_index_cache_size>\(total / 32)</primary_index_cache_size>
            <query_condition_cache_size>\(total / 64)</query_condition_cache_size>
            <compiled_expression_cache_size>\(total / 64)</compiled_expression_cache_size>
            <background_pool_size>2</background_pool_size>
            <background_merges_mutations_concurrency_ratio>2</background_merges_mutations_concurrency_ratio>
            <os_threads_nice_value_merge_mutate>10</os_threads_nice_value_merge_mutate>
            <merge_tree>
                <merge_with_ttl_timeout>3600</merge_with_ttl_timeout>
                <auto_statistics_types></auto_statistics_types>
            </merge_tree>
        </clickhouse>
        """
    }
}
