// @ts-check
// Home: is it complete, how much, who. With no exporter yet, how to get one; it turns by itself with the first flow.
import { markup } from "../preact.js";
import * as api from "../api.js";
import { now, overAll, rangeOf, storedPart } from "../clock.js";
import { useData, useReady } from "../data.js";
import { usePreferences } from "../store.js";
import { isLive, relative, stamp } from "../time.js";
import { duration } from "../units.js";
import { Attacks } from "./attacks.js";
import { ExportersPanel } from "./exporters.js";
import { isFailed, SharedFailure } from "./failures.js";
import { FirstRun } from "./firstrun.js";
import { KeyFigures } from "./keyfigures.js";
import { MorePanels } from "./morepanels.js";
import { Failure } from "./parts.js";
import { Reading } from "./reading.js";
import { ThroughputPanel } from "./throughput.js";
import { follow } from "./topbar.js";
import { TopTable } from "./toptable.js";
import { link } from "../state.js";

/** @typedef {import("../state.js").State} State */
/** @typedef {import("../types/api.d.ts").Health} Health */

/**
 * The four tables: both sides with the columns that tell their values apart, the side that is shown first, and
 * what a click on a value splits by. A port says nothing without its protocol, an interface without its exporter.
 * @type {Omit<import("./toptable.js").Table, "mirrored">[]}
 */
const TABLES = [
    {
        id: "as",
        title: "Autonomous systems",
        head: "AS",
        sides: [{ name: "Source", columns: ["SrcAS"] }, { name: "Destination", columns: ["DstAS"] }],
        start: 0,
        next: "SrcAddr",
    },
    {
        id: "hosts",
        title: "Hosts",
        head: "Address",
        sides: [{ name: "Source", columns: ["SrcAddr"] }, { name: "Destination", columns: ["DstAddr"] }],
        // Who is hit comes before who sends: a flood has one destination and many sources.
        start: 1,
        next: "DstPort",
    },
    {
        id: "ports",
        title: "Ports",
        head: "Port",
        sides: [{ name: "Source", columns: ["SrcPort", "Proto"] }, {
            name: "Destination",
            columns: ["DstPort", "Proto"],
        }],
        start: 0,
        next: "SrcAddr",
    },
    {
        id: "interfaces",
        title: "Interfaces",
        head: "Interface",
        sides: [{ name: "Ingress", columns: ["InIf", "SamplerAddress"] }, {
            name: "Egress",
            columns: ["OutIf", "SamplerAddress"],
        }],
        start: 0,
        next: "SrcAddr",
    },
];

/** The units of the three graphs behind the key figures. */
const UNITS = ["bit/s", "packet/s", "flow/s"];

/** @param {{state: State, schema: import("../api.js").Schema|undefined, health: import("../data.js").Loaded<Health>}} props */
export function Overview({ state, schema, health }) {
    const preferences = usePreferences();
    const refresh = isLive(state) ? preferences.refresh : 0;
    // The list also tells when the first flow has arrived, so it is read even when refreshing is off.
    const waiting = health.data !== undefined && health.data.store.rows === 0;
    const exporters = useData("exporters", api.exporters, waiting ? 2 : preferences.refresh || 30);
    const first = exporters.data !== undefined && waiting &&
        exporters.data.exporters.every((exporter) => exporter.flows === 0);
    const range = rangeOf(state);
    const { from, to } = storedPart(range ?? state);
    // The figures don't wait for health longer than until it failed.
    const known = range !== null && (health.data ?? health.error) !== undefined && exporters.data !== undefined && !first;
    const graphs = UNITS.map((unit) =>
        useData(
            known ? `graph ${range.from} ${from} ${to} ${unit}` : "",
            async (signal, id) =>
                overAll(await api.graph({ from, to, unit, split: "direction" }, signal, id), range ?? state),
            refresh,
        )
    );
    const tables = TABLES.map((table) => ({ ...table, mirrored: state.mirrored.includes(table.id) }));
    const hosts = useData(
        known ? `hosts ${from} ${to}` : "",
        (signal, id) => api.top({ from, to, dimensions: "SrcAddr", limit: 1 }, signal, id),
        refresh,
    );

    const drawn = known && graphs.every((graph) => graph.data !== undefined || graph.error !== undefined);
    useReady(first || drawn || exporters.error !== undefined, `overview ${from} ${to} ${first} ${drawn} ${state.unit} ${state.exporter} ${state.losses}`);

    if (exporters.error && !exporters.data && exporters.error.code !== "network") {
        return markup`<main id="main"><h1 class="hidden">Overview</h1><${Failure} error=${exporters.error} retry=${exporters.retry} /></main>`;
    }
    if (first && health.data) {
        return markup`<${FirstRun} health=${health.data} exporters=${exporters.data?.exporters ?? []} zone=${preferences.zone} />`;
    }
    const [bits, packets, flows] = graphs;
    const shown = graphs[Math.max(0, UNITS.indexOf(state.unit))];
    const silent = bits.data !== undefined && !bits.stale && flows.data !== undefined &&
        flows.data.series.every((series) => series.total === 0);
    return markup`<main id="main" class="overview">
        <h1 class="hidden">Overview</h1>
        <${SharedFailure} reads=${[...graphs, hosts]} />
        ${silent && health.data && markup`<${Silence} state=${state} health=${health.data} zone=${preferences.zone}
            count=${exporters.data?.exporters.length ?? 0} />`}
        ${bits.data && isLive(state) && markup`<${Attacks} range=${bits.data} state=${state} zone=${preferences.zone} />`}
        <div class="over keys-over"><${Reading} reads=${[...graphs, hosts].filter((read) => read !== shown)} what="Key figures" />
        <${KeyFigures} live=${isLive(state)} failed=${graphs.some(isFailed)} bits=${bits.data} packets=${packets.data} flows=${flows.data} hosts=${hosts.data}
            exporters=${exporters.data?.exporters} store=${health.data?.store} /></div>
        <div class="row-two">
            <${ThroughputPanel} state=${state} loaded=${shown} zone=${preferences.zone} />
            <${ExportersPanel} state=${state} exporters=${exporters.data?.exporters} zone=${preferences.zone} />
        </div>
        <div class="row-four">${tables.filter((table) => !schema || schema.columns.some(({ name }) => name === table.sides[0].columns[0]))
            .map((table) =>
                markup`<${TopTable} key=${table.id} table=${table} state=${state} range=${{ from, to }} refresh=${refresh} active=${known} />`
            )}</div>
        <${MorePanels} state=${state} range=${{ from, to }} asked=${range ?? state} zone=${preferences.zone} refresh=${refresh} active=${known} />
    </main>`;
}

/** @param {{state: State, health: Health, zone: "utc"|"local", count: number}} props exporters exist, yet nothing came in this range */
function Silence({ state, health, zone, count }) {
    const { newest } = health.store;
    const change = newest === null ? null : { from: String(newest + 1 - 3600), to: String(newest + 1) };
    const ago = newest === null ? 0 : Math.max(0, now() - newest);
    return markup`<div class="notice warn" role="status"><span class="dot warn"></span>
        <div class="grow"><strong>Nothing was received in this range.</strong>${" "}<span class="dim">
            ${newest === null
            ? `${count === 1 ? "One exporter is" : `${count} exporters are`} known, but no flow is stored yet: a template may still be missing.`
            : `The newest flow was received ${stamp(newest, zone)}, ${duration(ago)} ago${count === 0 ? "; no exporter has sent since the server started" : ""}.`}
        </span></div>
        ${change &&
        markup`<a class="button" href=${link(state, change)} onClick=${follow(change)}>Show the hour before it</a>`}
        ${!change && markup`<a class="button" href=${link(state, { from: relative(86400), to: "now" })}
            onClick=${follow({ from: relative(86400), to: "now" })}>Show the last 24 hours</a>`}
    </div>`;
}
