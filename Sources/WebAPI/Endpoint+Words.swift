/// What ``OpenAPI`` says of each endpoint.
extension Endpoint {
    /// The last part of its identifier in the document.
    var operationName: String {
        switch self {
        case .influx: "influx"
        case .influxRoot: "influx_root"
        case .firehose: "firehose"
        case .traceLinks: "trace_links"
        default: rawValue.split(separator: "/").last.map(String.init) ?? ""
        }
    }

    /// One sentence for the document.
    var summary: String {
        switch self {
        case .schema: "The columns of flow rows, and the units."
        case .graph: "Traffic over time of the top groups, unknown and Other apart."
        case .top: "The groups with most traffic."
        case .explain: "What changed between a selection and its reference, the best account first."
        case .values: "How the values of a column are distributed over time, in bins that the server counts."
        case .flows: "Raw flows, newest first or in the order of a column, a page at a time."
        case .flow: "One raw flow with every field, and where each came from."
        case .flowExport: "Raw flows as a file, written while they are read."
        case .flowTail: "New flows as they are stored, one object a line and second."
        case .complete: "What can be written at a place in a filter."
        case .check: "What a filter says, or what is wrong with it and where."
        case .exporters: "Who sends flows, and how well."
        case .health: "How the collector is doing, and what was lost where."
        case .losses: "What became of every datagram and row, by stage, exporter and reason, with the sums as figures."
        case .query: "Read-only SQL over the flows."
        case .questions: "The questions with an id that are asked at this moment, and how far they are."
        case .cancel:
            "Ends a question that is asked at this moment; who asked it gets the error cancelled (status 499)."
        case .imports:
            "Stores the flows of a capture (pcap or pcapng) or of a cloud's flow logs, gzip or not, each file once."
        case .views:
            """
            Pages of the console that people named: their own and shared ones. POST saves one, PUT changes it, DELETE \
            removes it.
            """
        case .traces:
            "What scamper measured: who traced and pinged whom, or everything about one monitor and destination."
        case .traceLinks:
            "The parallel ways that scamper's tracelb found: between whom, or link by link from one monitor to one destination."
        case .events:
            """
            What happened and isn't traffic: attacks, deployments, notes. POST saves an event (what has its id already is \
            changed), PUT changes one, DELETE removes it.
            """
        case .fastNetMon:
            "Takes what FastNetMon's notify script or its webhook says: a ban begins an attack, an unban ends it."
        case .influx: "Takes points of the measurement events in InfluxDB's line protocol; others are counted and left."
        case .influxRoot: "The same as /api/v1/influx/write, where programs look for it that can be told no path."
        case .firehose:
            """
            Takes AWS VPC flow logs that Amazon Data Firehose delivers, each delivery once; a token of auth.tokens is the \
            stream's access key.
            """
        case .pubSub:
            """
            Takes messages that Google Cloud Pub/Sub pushes: entries of VPC flow logs, or notifications of Cloud Storage, of a \
            subscription with push: true in the configuration. A token of auth.tokens is the parameter token; a \
            subscription with a pushAccount shows Google's statement in Authorization instead.
            """
        case .login: "Begins a session with a user's name and password."
        case .logout: "Ends the session."
        case .session: "Who asks."
        case .audit: "What people did and tried to do, newest first; for admins."
        case .docs: "The pages of the manual that came with this version; each is at /docs/NAME.md as Markdown."
        case .openAPI: "This document."
        case .metrics: "Counters for Prometheus."
        case .alive: "Whether the process works."
        case .ready: "Whether flows are stored and questions answered."
        }
    }

    var isJSON: Bool {
        switch self {
        case .metrics, .alive, .ready, .imports, .flowExport, .flowTail: false
        default: true
        }
    }

    var mediaType: String {
        switch self {
        case .imports, .flowTail: "application/x-ndjson"
        case .flowExport: "text/csv"
        default: isJSON ? "application/json" : "text/plain"
        }
    }

    /// The parameters that requests of a method take.
    func parameters(of method: String) -> [String] {
        switch self {
        case .views: method == "post" ? [] : parameters
        case .events: method == "get" ? parameters : method == "post" ? [] : ["event"]
        default: method != methods.first ? [] : parameters
        }
    }

    /// What stands in the body of a request; nil when there is none.
    func bodyType(of method: String) -> String? {
        switch (self, method) {
        case (.imports, "post"): "application/octet-stream"
        case (.views, "post"), (.views, "put"), (.login, "post"), (.events, "post"), (.events, "put"),
            (.firehose, "post"), (.pubSub, "post"):
            "application/json"
        case (.cancel, _), (.logout, _): nil
        case (_, "post"): "text/plain"
        default: nil
        }
    }

    /// What comes back.
    var answer: String {
        switch self {
        case .schema:
            "version, columns (name, number, type, kind, unit, group, dimension, mirror, documentation), units"
        case .graph:
            """
            from, to, bucket, unit, dimensions, times, series (key, labels, kind, direction, values, last, average, \
            peak, p95, total, share), groups, groupsExact (whether they \
            were counted; else they are an estimate from one of 64 addresses), shown, exact, assumedSampling, statistics, \
            sql, rankingSql, surveySql, spread (null, or \
            timeout, before and after: what the flows in the range have outside of it, apart: flows whose times can't \
            be), reverse (null, or dimensions, series, sql), previous (null, or seconds back, from, to, series, sql)
            """
        case .top:
            """
            from, to, unit, dimensions, rows (key, labels, kind, bytes, packets, flows, rate, share), groups, \
            groupsExact (whether they were counted; else they are an estimate from one of 64 addresses), shown, total, \
            exact, assumedSampling, statistics, sql, surveySql
            """
        case .explain:
            """
            from, to, referenceFrom, referenceTo, unit, before and after (units a second), changed (whether all traffic \
            differs by more than it ordinarily does), difference (what shares are parts of), causes (parts (dimensions, \
            key, labels, network), either (the value may be at either end), before, after, share, along (part, either, \
            share, filter: values that the same change has), signs (null, or before and after with distinct values by \
            column, bytes, packets, flows), filter), rest (before, after), values (part, before, after, share, filter; \
            these overlap), totals (before and after by unit), compared, exact, every (one of so many seconds was \
            read), assumedSampling, statistics, sql
            """
        case .values:
            """
            from, to, bucket, unit, column, columnUnit, scale (linear or log), times, bins (from, to or null for no end, \
            total), cells (place of the time, place of the bin, bytes, packets or flows; what isn't there is 0), \
            unknown (of flows that tell no value), total, exact, assumedSampling, statistics, sql
            """
        case .flows:
            """
            from, to, columns, rows, labels (of each row what people call its values, where that is something else), \
            places (of each row what names it to /flows/row), next (a cursor for before, or null), statistics, sql
            """
        case .flow:
            """
            place, copies (rows that are equal to it, with itself), fields (name, group, title, kind, unit, dimension, \
            documentation, value, label or null, source (wire, collector, enrichment or dictionary), origin in words, \
            sent (yes, no, unsure where 0 may be what was sent, none where it isn't the exporter's to send)), sql; 404 \
            when there is no such row any more
            """
        case .flowExport:
            """
            CSV with a line of names, and at the end a line that begins with # when there are more rows; or JSON (from, \
            to, columns, rows, count, cut). 429 when others are under way. A connection that breaks off gave no whole file
            """
        case .flowTail:
            """
            One object a line: from and to (the seconds that it is about), behind (seconds), leftOutSeconds, matched (rows \
            of these seconds), columns, rows (those chosen), labels, places; only behind when there is nothing new; \
            problem when the store can't tell. 429 when too many are served
            """
        case .complete:
            """
            position and length (what a candidate replaces, in UTF-16 units), expected (in words), candidates (kind: \
            column, operator, word, value or flag; label, detail, insert, share of the traffic of period, 0 to 1, or null), \
            the likeliest first; period (in words, or null)
            """
        case .check:
            """
            canonical (the filter as it is printed; null when it is wrong), error (null, or code, message, parameter, \
            position, length, suggestion)
            """
        case .exporters:
            """
            exporters (address, name, problem (null, or why it can give no flows, with what to do), protocols, lastSeen, datagrams, flows, flowsPerSecond, bitsPerSecond, \
            sequenceGaps, sequenceRestarts, agentDrops, sampling (rate; source: record, options, configuration or \
            unknown), settings (what the configuration says: samplingRate or null, tunnel, templates, holdForRate in \
            seconds), clock (offset in seconds or null, wrongDatagrams), templates (known, missing), sets (waiting, \
            parked, held, withoutTemplate, unknown), records (flow, options, events, counters, rejected, skipped, \
            lostTexts), memory (what remembering it takes: bytes, refused), malformed by reason, statistics (what the exporter says of itself), named (how many \
            interfaces, vrfs, applications, samplers have names), snmp (null where the agent isn't asked; version, asked \
            and answered (Unix seconds of the last poll, and of the last that gave names), problem, name, interfaces), \
            router (null, or the router whose routes fill its flows, as in health's bmp); of one exporter also names (id, name, of interfaces speed in bit/s where it is known))
            """
        case .health:
            """
            status, version, since, ready, message, losses (datagrams and rows, as in /health/losses; received, stored, \
            inFlight, lost are one sum over all units, in which a datagram or set that was lost before its rows could \
            be counted stands as one), gapsBefore, gapAtRestart, lag, listeners, sources (of this host and of clouds, and \
            scamper's measurements: kind, name, read, rows, lost by reason (but of this host's what was wrong with \
            records), figures, lag (seconds since the end of a cloud's newest record or the start of the newest \
            measurement; null before the first and of this host's), problem (null, or why it can \
            tell nothing), advice, failure), store, spool, \
            asMap (null without enrichment.geo, asMap and asNames; routesV4, routesV6, names, loaded (Unix seconds), \
            problem, sources (location, kind places, routes or names, changed, entries, checked, problem)), \
            snmp (null without enrichment.snmp; agents, answering, leftOut, problem), bmp (null without enrichment.bmp; \
            listen, sessions, peers, messages, bytes, limit, problem, refused, ended and skipped by reason, lastBuild \
            in seconds, routers (address, name, description, sessions, prefixesV4, prefixesV6, routes, heldViews, \
            refused, bytes, exporters)), routerTables (of enrichment.routerTables: exporter, file, changed and loaded (Unix \
            seconds), prefixes, problem)
            """
        case .losses:
            """
            since and at (Unix seconds), datagrams (arrived = decoded + lost), records (read + reverseRows = rows + \
            events + rejected), rows (written = stored + lost + inFlight), each with holds; stages (stage, explanation, \
            figures (name, unit, value, explanation), lost (reason, unit, count, kinds, explanation, remedy)); \
            listeners (with buffer and sessions); sources (as in /health); refused (senders that listeners.allow leaves out); exporters (total, \
            shown, list: those with most losses); estimates (in no sum: missingDatagrams, missingRecords, missingRows, \
            kernelDropRows, rowsBeforeUs)
            """
        case .query: "meta (name, type), data (an object a row), rows, statistics"
        case .questions:
            """
            questions (id, path, user, seconds since it was asked, rowsRead, rowsTotal or null while it isn't known, \
            memory in bytes); rows and memory are those of the statement that runs: a graph by dimensions is two, one after the \
            other, and one that waits for others has read none
            """
        case .cancel: "cancelled (the id); 404 when no such question is asked"
        case .views:
            """
            views (id, name, query, owner, shared, mayChange, created, updated), with an ETag; of one view, or after a \
            change of it, the view; If-Match guards a change
            """
        case .traces:
            """
            from, to, traces (monitor, destination, traces, reached, paths (different ones), last, lastRtt, medianRtt, \
            asPath, as), pings (monitor, destination, sent, received, last, medianRtt, as); of one pair monitor, \
            destination, traces (time, method, source, rtt, reached, stopReason, hopCount, path (names the way), asPath), \
            hops (ttl, address, as, traces, leastRtt, medianRtt, mostRtt, labels, quotedTtl), losses (ttl, asked, \
            answered: traces), paths (path, traces, first, last, asPath, medianRtt, hops), pings (time, method, sent, \
            received, leastRtt, averageRtt, mostRtt), cut (whether there are more traces or pings than the newest). \
            Round-trip times are microseconds, 0 where nothing answered
            """
        case .traceLinks:
            """
            from, to, pairs (monitor, destination, traces, width (addresses beside each other at one TTL), last); of one \
            pair monitor, destination, shapes (traces that found the same links, the most frequent first: shape (names \
            it), method, traces, first, last, nodes and links (as scamper counts them), hops (from (the node before it), \
            fromAs, hop (links behind that node), ttl, address (null where nothing answered; ttl and probes are 0 there), \
            as, probes (over all traces of the shape), leastRtt, medianRtt, labels)), cut (whether there are more shapes \
            or links). Round-trip times are microseconds, 0 where nothing answered
            """
        case .events:
            """
            from, to, events (id, start, end (null while it goes on), kind, subject, title, figures, tags, text, textCut, \
            source, updated), cut (whether there are more); of one event, or after a change of it, the event
            """
        case .fastNetMon: "event (the attack's id; null when an end came to which nobody told a beginning)"
        case .influx, .influxRoot, .pubSub: "Nothing, with status 204."
        case .firehose:
            "requestId, timestamp in milliseconds, errorMessage when it isn't stored, as Firehose asks for"
        case .login, .logout, .session:
            """
            open (whether nobody has to say who they are), passwords (whether somebody can log in), user, role and by \
            (session, token, proxy, local or open) of who asks, or null, ends (Unix seconds of a session)
            """
        case .audit:
            "events (time, kind, user, role, address, detail, leftOut: refusals that were counted only)"
        case .imports:
            """
            One object a line: waiting (another import has to end), rows (stored so far), warning, and at the end \
            summary or failure
            """
        case .docs: "version, pages (name, title)"
        case .openAPI: "OpenAPI 3.1"
        case .metrics: "Prometheus text format 0.0.4"
        case .alive, .ready: "A word."
        }
    }

    static func describe(parameter name: String) -> String {
        switch name {
        case "from": "Start, included: Unix seconds, RFC 3339, or -15m, -6h, -7d; default -1h."
        case "to": "End, excluded; default now."
        case "dimensions": "Up to six column names with commas between them."
        case "filter": "A condition in the filter language."
        case "text": "A filter, also an unfinished one."
        case "position": "Where the cursor is, in UTF-16 units from the start; default the end."
        case "unit": "What is measured; default bit/s."
        case "referenceFrom":
            "Start of what the selection is compared with; the default is as long as the selection, right before it."
        case "referenceTo": "Its end, excluded; default the start of the selection."
        case "limit":
            """
            Groups (1 to 100, default 8), causes (1 to 20, default 8) or rows (1 to 1000, default 100); of a file 1 to 1,000,000, which is the default; \
            of a live tail 1 to 200 a look, default 50.
            """
        case "direction": "One direction's flows only; default all."
        case "by": "Top groups by traffic over the range, or in their best bucket; default average."
        case "bucket": "Seconds a point; the default gives at most 300 points."
        case "zone":
            """
            A time zone, such as Europe/Berlin: buckets of up to 31 whole days begin at its midnights, weeks on Mondays. The \
            default counts days from 1970 on, in UTC.
            """
        case "detail": "Which tables answer: sums kept beside the raw rows where they are exact, or raw rows only."
        case "split": "Series for each direction."
        case "spread":
            """
            Whether NetFlow and IPFIX flows count over their lifetime (auto: where buckets are shorter than a minute) and \
            not when they were received; default off.
            """
        case "reverse":
            "Also the other direction of the same groups: Src and Dst, In and Out, in and out change places; default off."
        case "previous": "Also the same groups so many seconds earlier, in whole buckets."
        case "column": "Whose values; default PacketSize."
        case "before": "The place where the page before ended: its next."
        case "columns": "Column names with commas between them; default all that rows hold."
        case "sort":
            "The column that rows are in the order of, with a hyphen in front for descending; default -TimeReceived."
        case "place": "Which row: one of the places in an answer of /flows or /flows/tail."
        case "seconds": "After how long the stream ends: 1 to 3600, which is the default."
        case "sql": "One SELECT over the tables of netmeta."
        case "address": "One exporter, with the names that it told; all without names by default."
        case "id":
            "A name that the client chooses for the question, to watch and to cancel it; one question at a time has it."
        case "view": "The id of one saved view."
        case "monitor": "Who measured, as it is called in the answer; default the one without a name."
        case "destination": "The address that was measured; without it, all are listed."
        case "event": "The id of one event."
        case "kind":
            """
            Events of that kind only: attack, deploy, note and others; of an import what the file holds: a capture \
            (default), or flow logs of AWS, Google Cloud or Azure.
            """
        case "subject": "Events about that only, such as an address."
        case "ip": "The attacked address, FastNetMon's first argument."
        case "side": "Whether the attack is incoming or outgoing, its second argument."
        case "power": "Packets a second, its third argument."
        case "action": "What happened, its fourth argument: ban, attack_details or unban; without it the body is JSON."
        case "precision": "The unit of the points' times: ns, us, ms, s, m or h; default ns."
        case "db", "rp", "u", "p": "What InfluxDB's clients send along; of no meaning here."
        case "name": "What the capture is called, for messages."
        case "token": "A token of auth.tokens with the role editor, where any is asked for."
        case "layout": "The fields of lines of AWS that have no header line; default those of version 2."
        case "reporter":
            "Whose entries of Google Cloud count where both ends reported: source (default), destination or both."
        case "samplingRate": "How many flows an entry of Google Cloud stands for; default 1, as unknown."
        case "sampler": "The SamplerAddress of the rows; default one made of the account or the project."
        case "format":
            "The format of the answer: TSV, CSVWithNames, JSONCompact, Pretty and others; of flows csv or json."
        default: ""
        }
    }
}
