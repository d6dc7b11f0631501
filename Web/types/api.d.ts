// The answers of /api/v1 (described by /api/v1/openapi.json).

/** A source of the collector's own host (connection tracking, logged packets, captured frames), or of a cloud. */
export interface FlowSource {
    kind: "conntrack" | "nflog" | "mirror" | "aws" | "firehose" | "gcs" | "pubsub" | "scamper";
    name: string;
    read: number;
    rows: number;
    lost: Record<string, number>;
    figures: Record<string, number>;
    /** Seconds since the end of a cloud's newest record, or the start of scamper's newest measurement. */
    lag: number | null;
    /** Why it can tell nothing as things are, with what to do. */
    problem: string | null;
    advice: string[];
    failure: string | null;
}

export interface SchemaColumn {
    name: string;
    number: number;
    type: string;
    kind: string;
    unit: string;
    group: string;
    dimension: boolean;
    mirror: string | null;
    documentation: string;
}
export interface Schema {
    version: string | number;
    columns: SchemaColumn[];
    units: string[];
}
export type Kind = "value" | "unknown" | "other";
export interface Series {
    key: string[];
    labels: string[];
    kind: Kind;
    direction: "in" | "out" | "unknown" | null;
    values: number[];
    last: number;
    average: number;
    peak: number;
    p95: number;
    total: number;
    share: number;
    /** Whether it is the other direction of a group; set by charts, no part of the answer. */
    isReverse?: boolean;
}
export interface Statistics {
    rows: number;
    elapsed: number;
    /** The table that most of the range was answered from. */
    source: string;
    /** The seconds that one row of it is about; 1 are raw rows. */
    resolution: number;
}
export interface Graph {
    from: number;
    to: number;
    /** Until when all that was received is surely stored; set by api.js, no part of the answer. */
    settled?: number;
    bucket: number;
    unit: string;
    dimensions: string[];
    times: number[];
    series: Series[];
    groups: number;
    /** Else `groups` is an estimate. */
    groupsExact: boolean;
    shown: number;
    exact: boolean;
    assumedSampling: number;
    statistics: Statistics;
    sql: string;
    rankingSql?: string | null;
    surveySql?: string | null;
    /** null where flows count when they were received. */
    spread?: { timeout: number; before: number; after: number; apart: number } | null;
    /** The other direction of the same groups, where it was asked for. */
    reverse?: { dimensions: string[]; series: Series[]; sql: string } | null;
    /** The same groups earlier, where they were asked for. */
    previous?: { seconds: number; from: number; to: number; series: Series[]; sql: string } | null;
}
/** How the values of a column are distributed over time. */
export interface Values {
    from: number;
    to: number;
    bucket: number;
    unit: string;
    column: string;
    columnUnit: string;
    scale: "linear" | "log";
    times: number[];
    /** to is null where the last bin has no end. */
    bins: { from: number; to: number | null; total: number }[];
    /** Place of the time, place of the bin, amount. */
    cells: [number, number, number][];
    unknown: number;
    total: number;
    exact: boolean;
    assumedSampling: number;
    statistics: Statistics;
    sql: string;
}
/** A question that is asked at this moment. */
export interface Question {
    id: string;
    path: string;
    seconds: number;
    rowsRead: number;
    /** null while it isn't known. */
    rowsTotal: number | null;
    memory: number;
}
/** A value as the filter language reads it; lists and texts by name are as they are. */
export type FlowValue = string | number | boolean | null | number[] | Record<string, string>;
/** Rows with what people call their values, and what names each of them. */
export interface FlowList {
    columns: string[];
    rows: Record<string, FlowValue>[];
    labels: Record<string, string>[];
    places: string[];
}
export interface Flows extends FlowList {
    from: number;
    to: number;
    /** Where the next page begins; null when this is the last. */
    next: string | null;
    statistics: Statistics;
    sql: string;
}
export interface FlowField {
    name: string;
    group: string;
    title: string;
    kind: string;
    unit: string;
    dimension: boolean;
    documentation: string;
    value: FlowValue;
    label: string | null;
    source: "wire" | "collector" | "enrichment" | "dictionary";
    origin: string;
    sent: "yes" | "no" | "unsure" | "none";
}
export interface FlowDetails {
    place: string;
    /** Rows that are equal to it, with itself. */
    copies: number;
    fields: FlowField[];
    sql: string;
}
/** One look at what arrived; only `behind` when there was nothing new, `problem` when it could not be read. */
export interface TailLine extends Partial<FlowList> {
    from?: number;
    to?: number;
    behind?: number;
    leftOutSeconds?: number;
    matched?: number;
    problem?: string;
}
/** One way to go on in a filter. */
export interface Candidate {
    kind: "column" | "operator" | "word" | "value" | "flag";
    label: string;
    detail: string;
    /** What is put in the word's place. */
    insert: string;
    /** Of the traffic of the answer's period, 0 to 1. */
    share: number | null;
}
/** What can be written at a place in a filter. */
export interface Completion {
    /** Where the word begins that a candidate replaces, and how many UTF-16 units it has. */
    position: number;
    length: number;
    /** What is expected there, in words. */
    expected: string[];
    candidates: Candidate[];
    /** The time that the shares are of, in words. */
    period: string | null;
}
export interface TopRow {
    key: string[];
    labels: string[];
    kind: Kind;
    bytes: number;
    packets: number;
    flows: number;
    rate: number;
    share: number;
}
export interface Top {
    from: number;
    to: number;
    unit: string;
    dimensions: string[];
    rows: TopRow[];
    groups: number;
    /** Else `groups` is an estimate. */
    groupsExact: boolean;
    total: { bytes: number; packets: number; flows: number };
    exact: boolean;
    assumedSampling: number;
    statistics: Statistics;
    sql: string;
}
/** A value of a dimension, with what gives it its meaning: a port with its protocol. */
export interface ExplainPart {
    dimensions: string[];
    key: string[];
    labels: string[];
    network: boolean;
}
/** Units a second in the reference and in the selection. */
export interface Rates {
    before: number;
    after: number;
}
export interface ExplainSide {
    distinct: Record<string, number>;
    bytes: number;
    packets: number;
    flows: number;
}
export interface ExplainCause extends Rates {
    parts: ExplainPart[];
    /** Whether the value may be at either end. */
    either: boolean;
    /** The part of the difference, 0 to 1. */
    share: number;
    along: { part: ExplainPart; either: boolean; share: number; filter: string }[];
    signs: { before: ExplainSide; after: ExplainSide } | null;
    filter: string;
}
export interface Explained extends Rates {
    from: number;
    to: number;
    referenceFrom: number;
    referenceTo: number;
    unit: string;
    /** Whether all traffic together differs by more than it ordinarily does. */
    changed: boolean;
    difference: number;
    causes: ExplainCause[];
    rest: Rates;
    values: (Rates & { part: ExplainPart; share: number; filter: string })[];
    totals: Record<string, Rates>;
    compared: string[];
    exact: boolean;
    /** One of so many seconds was read. */
    every: number;
    assumedSampling: number;
    statistics: { rows: number; elapsed: number; steps: { name: string; elapsed: number }[] };
    sql: string;
}
export interface Exporter {
    address: string;
    name: string | null;
    /** Why it can give no flows as things are, with what to do. */
    problem: string | null;
    protocols: string[];
    lastSeen: number;
    datagrams: number;
    flows: number;
    flowsPerSecond: number;
    bitsPerSecond: number;
    sequenceGaps: number;
    sequenceRestarts: number;
    agentDrops: number;
    sampling: { rate: number; source: string };
    settings: { samplingRate: number | null; tunnel: string; templates: string; holdForRate: number };
    clock: { offset: number | null; wrongDatagrams: number };
    templates: { known: number; missing: number };
    sets: { waiting: number; parked: number; held: number; withoutTemplate: number; unknown: number };
    records: {
        flow: number;
        options: number;
        events: number;
        counters: number;
        rejected: number;
        skipped: number;
        lostTexts: number;
    };
    memory: { bytes: number; refused: number };
    malformed: Record<string, number>;
    statistics: Record<string, number>;
    named: Record<NameKind, number>;
    /** null where the agent isn't asked. */
    snmp?: {
        version: string;
        asked: number | null;
        answered: number | null;
        problem: string | null;
        name: string | null;
        interfaces: number;
    } | null;
    /** The router whose routes fill its flows (BMP). */
    router: Router | null;
    /** Only where one exporter was asked for. */
    names?: Record<NameKind, Named[]>;
}
export type NameKind = "interfaces" | "vrfs" | "applications" | "samplers";
export interface Named {
    id: string;
    name: string;
    /** Of interfaces, in bit/s, where it is known. */
    speed?: number;
}
export interface Exporters {
    exporters: Exporter[];
}
export interface Health {
    status: "ok" | "degraded" | "down";
    version: string;
    since: number;
    ready: boolean;
    message: string | null;
    losses: {
        received: number;
        stored: number;
        inFlight: number;
        lost: Lost;
        datagrams: LossesOfDatagrams;
        rows: LossesOfRows;
    };
    gapsBefore: number;
    gapAtRestart: number;
    lag: number | null;
    listeners: { protocol: string; address: string; purpose: string }[];
    sources: FlowSource[];
    store: {
        kind: string;
        rows: number;
        bytes: number;
        oldest: number | null;
        newest: number | null;
        retentionDays: number;
        freeDiskBytes: number | null;
        retention: {
            usedBytes: number;
            budgetBytes: number | null;
            freeFloorBytes: number;
            missingBytes: number;
            droppedRows: Record<string, number>;
            droppedBytes: Record<string, number>;
            rowsPerSecond: number | null;
            bytesPerRow: number | null;
            keepsSeconds: number | null;
            keepsBound: "time" | "size" | "free_space" | null;
            sentence: string | null;
        };
    };
    spool: {
        batches: number;
        rows: number;
        bytes: number;
        limit: number;
        oldest: number | null;
        replayedRows: number;
        brokenFiles: number;
        problem: string | null;
    };
    /** null without enrichment.snmp. */
    snmp?: { agents: number; answering: number; leftOut: number; problem: string | null } | null;
    asMap: {
        routesV4: number;
        routesV6: number;
        names: number;
        loaded: number | null;
        problem: string | null;
        sources: {
            location: string;
            kind: "places" | "routes" | "names";
            /** Unix seconds; null when there is no file. */
            changed: number | null;
            /** null until it was read. */
            entries: number | null;
            checked: number | null;
            problem: string | null;
        }[];
    } | null;
    bmp: {
        listen: string;
        sessions: number;
        peers: number;
        messages: number;
        bytes: number;
        limit: number;
        problem: string | null;
        refused: Record<string, number>;
        ended: Record<string, number>;
        skipped: Record<string, number>;
        lastBuild: number;
        routers: Router[];
    } | null;
    routerTables: RouterTable[];
}
export interface RouterTable {
    exporter: string;
    file: string;
    changed: number | null;
    loaded: number | null;
    prefixes: number;
    problem: string | null;
}
export interface Router {
    address: string;
    name: string;
    description: string;
    sessions: number;
    prefixesV4: number;
    prefixesV6: number;
    routes: number;
    heldViews: number;
    refused: number;
    bytes: number;
    exporters: string[];
}
export interface Lost {
    total: number;
    reasons: Record<string, number>;
}
export interface LossesOfDatagrams {
    arrived: number;
    decoded: number;
    lost: Lost;
    holds: boolean;
}
export interface LossesOfRows {
    written: number;
    stored: number;
    lost: Lost;
    inFlight: { total: number; places: Record<string, number> };
    holds: boolean;
}
export interface LossReason {
    reason: string;
    unit: string;
    count: number;
    kinds: Record<string, number>;
    explanation: string;
    remedy: string;
}
export interface LossStage {
    stage: string;
    explanation: string;
    figures: { name: string; unit: string; value: number; explanation: string }[];
    lost: LossReason[];
}
export interface LossListener {
    protocol: string;
    address: string;
    purpose: string;
    read: number;
    buffer: { bytes: number; asked: number; used: number; drops: number } | null;
    sessions: { open: number; notAllowed: number; tooMany: number; broken: number } | null;
}
export interface LossExporter {
    address: string;
    name: string | null;
    decoded: number;
    rows: number;
    lost: Record<string, number>;
    missingDatagrams: number;
    missingRecords: number;
}
export interface Losses {
    since: number;
    at: number;
    datagrams: LossesOfDatagrams;
    records: { read: number; reverseRows: number; rows: number; events: number; rejected: number; holds: boolean };
    rows: LossesOfRows;
    stages: LossStage[];
    listeners: LossListener[];
    sources: FlowSource[];
    refused: { address: string; datagrams: number }[];
    exporters: { total: number; shown: number; list: LossExporter[] };
    estimates: {
        missingDatagrams: number;
        missingRecords: number;
        missingRows: number;
        kernelDropRows: number;
        rowsBeforeUs: number;
    };
}
export interface Session {
    open: boolean;
    passwords: boolean;
    user: string | null;
    role: "viewer" | "editor" | "admin" | null;
    by: "open" | "session" | "token" | "proxy" | "local" | null;
    ends: number | null;
}
export interface SavedView {
    id: string;
    name: string;
    query: string;
    owner: string;
    shared: boolean;
    mayChange: boolean;
    created: number;
    updated: number;
}
/** The pages of the manual. */
export interface Manual {
    version: string;
    pages: { name: string; title: string }[];
}

/** What happened and isn't traffic. */
export interface NetEvent {
    id: string;
    /** Unix seconds. */
    start: number;
    /** null while it goes on; a moment ends when it starts. */
    end: number | null;
    kind: string;
    subject: string;
    title: string;
    figures: Record<string, number>;
    tags: Record<string, string>;
    text: string;
    textCut: boolean;
    source: string;
    updated: number;
}
export interface Events {
    from: number;
    to: number;
    events: NetEvent[];
    /** Whether there are more. */
    cut: boolean;
}

/** Something that people did, or tried to do. */
export interface AuditEvent {
    /** Unix seconds. */
    time: number;
    kind: string;
    /** "" when nobody is known. */
    user: string;
    role: Session["role"];
    address: string;
    detail: string;
    /** Refusals of the kind from the address that were counted only, before this one. */
    leftOut: number;
}

/** Who measured the way to whom; round-trip times are microseconds, 0 where nothing answered. */
export interface TracePairs {
    from: number;
    to: number;
    traces: {
        monitor: string;
        destination: string;
        traces: number;
        reached: number;
        paths: number;
        last: number;
        lastRtt: number;
        medianRtt: number;
        asPath: number[];
        as: number;
    }[];
    pings: {
        monitor: string;
        destination: string;
        sent: number;
        received: number;
        last: number;
        medianRtt: number;
        as: number;
    }[];
}
export interface TracePoint {
    time: number;
    method: string;
    source: string;
    rtt: number;
    reached: number;
    stopReason: string;
    hopCount: number;
    path: string;
    asPath: number[];
}
export interface PingPoint {
    time: number;
    method: string;
    sent: number;
    received: number;
    leastRtt: number;
    averageRtt: number;
    mostRtt: number;
}
export interface TracePair {
    from: number;
    to: number;
    monitor: string;
    destination: string;
    traces: TracePoint[];
    hops: {
        ttl: number;
        address: string;
        as: number;
        traces: number;
        leastRtt: number;
        medianRtt: number;
        mostRtt: number;
        labels: number[][];
        quotedTtl: number;
    }[];
    losses: { ttl: number; asked: number; answered: number }[];
    paths: {
        path: string;
        traces: number;
        first: number;
        last: number;
        asPath: number[];
        medianRtt: number;
        hops: { ttl: number; address: string; as: number }[];
    }[];
    pings: PingPoint[];
    cut: boolean;
}

/** Between whom tracelb looked for parallel ways. */
export interface TraceLinkPairs {
    from: number;
    to: number;
    pairs: { monitor: string; destination: string; traces: number; width: number; last: number }[];
}
/** What is so many hops behind a node; over all traces of a shape. */
export interface TraceLink {
    from: string;
    fromAs: number;
    hop: number;
    /** 0 where nothing answered. */
    ttl: number;
    address: string | null;
    as: number;
    probes: number;
    leastRtt: number;
    medianRtt: number;
    labels: number[][];
}
export interface TraceShape {
    shape: string;
    method: string;
    traces: number;
    first: number;
    last: number;
    nodes: number;
    links: number;
    hops: TraceLink[];
}
export interface TraceLinks {
    from: number;
    to: number;
    monitor: string;
    destination: string;
    shapes: TraceShape[];
    cut: boolean;
}
