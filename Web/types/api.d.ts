// The answers of /api/v1 (described by /api/v1/openapi.json).

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
    shown: number;
    exact: boolean;
    assumedSampling: number;
    statistics: Statistics;
    sql: string;
    rankingSql?: string | null;
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
    total: { bytes: number; packets: number; flows: number };
    exact: boolean;
    assumedSampling: number;
    statistics: Statistics;
    sql: string;
}
export interface Exporter {
    address: string;
    name: string | null;
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
/** The pages of the manual. */
export interface Manual {
    version: string;
    pages: { name: string; title: string }[];
}
