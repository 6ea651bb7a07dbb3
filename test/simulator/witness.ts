/**
 * Looks at every device after every event and says when something was seen that must never be: part
 * of a commit, two tabs at one position that differ, a versionstamp that went back or stood for two
 * values. At the end it computes from the commits and their results what the relay must hold.
 */
import { deepStrictEqual, ok } from "node:assert/strict";
import type { CommitRecord } from "@rockpool/log";
import {
  applyMutation,
  type CommitResult,
  createVersionstamp,
  type Mutation,
  nameKey,
  type PackedKey,
  type Value,
  type Versionstamp,
} from "@rockpool/model";
import { listEntries, PageIndex, Pages, type ReplicaState } from "@rockpool/replica";
import { textOf, type VirtualDevice, type VirtualTab, wholeRange } from "./virtual-device.ts";
import type { VirtualRelay } from "./virtual-relay.ts";

interface DeviceRecord {
  lastPosition: number;
  readonly viewByPosition: Map<number, string>;
  readonly valueByVersionstamp: Map<string, string | undefined>;
  readonly mutationsByName: Map<string, readonly Mutation[]>;
  readonly versionstampByName: Map<string, Versionstamp>;
  /** Results as they came in patches. */
  readonly resultByName: Map<string, CommitResult>;
  /** The versionstamps of rejected commits the app decided on. */
  readonly decided: Set<string>;
}

export class Witness {
  readonly #devices: readonly VirtualDevice[];
  readonly #relay: VirtualRelay;
  readonly #pairs: readonly (readonly [PackedKey, PackedKey])[];
  readonly #recordByDevice = new Map<VirtualDevice, DeviceRecord>();
  readonly #tailByTab = new WeakMap<VirtualTab, { state: ReplicaState; tail: number }>();
  readonly #latestByTab = new WeakMap<VirtualTab, Map<PackedKey, Versionstamp>>();

  constructor(
    devices: readonly VirtualDevice[],
    relay: VirtualRelay,
    pairs: readonly (readonly [PackedKey, PackedKey])[],
  ) {
    this.#devices = devices;
    this.#relay = relay;
    this.#pairs = pairs;
    for (const device of devices) {
      this.#recordByDevice.set(device, {
        lastPosition: 0,
        viewByPosition: new Map(),
        valueByVersionstamp: new Map(),
        mutationsByName: new Map(),
        versionstampByName: new Map(),
        resultByName: new Map(),
        decided: new Set(),
      });
    }
  }

  /** Looks at everything; to be called after every event. */
  look(): void {
    if (this.#relay.errors.length > 0) throw this.#relay.errors[0];
    for (const device of this.#devices) {
      this.#readRows(device);
      for (const tab of device.tabs) if (tab.isOpen) this.#lookAt(device, tab);
    }
  }

  /** Two keys that are always written together are seen together, by whomever. */
  seePairs(seen: ReadonlyMap<PackedKey, string | undefined>, by: string): void {
    for (const [left, right] of this.#pairs) {
      if (seen.get(left) !== seen.get(right)) {
        throw new Error(`${by} sees ${seen.get(left)} beside ${seen.get(right)}: part of a commit`);
      }
    }
  }

  /** What a feed holds at a position is what the device's other tabs showed there. */
  seeFeedAt(device: VirtualDevice, position: number, seen: ReadonlyMap<PackedKey, string | undefined>): void {
    const view = this.#mustGetRecord(device).viewByPosition.get(position);
    if (view === undefined) return;
    const present = new Map([...seen].filter(([, value]) => value !== undefined));
    const shown = JSON.parse(view) as [PackedKey, string, string | null][];
    const expected = shown.filter(([, , value]) => value !== null).map(([key, , value]) => [key, value]);
    const fed = JSON.stringify([...present].toSorted(([a], [b]) => (a < b ? -1 : 1)));
    if (fed !== JSON.stringify(expected)) {
      throw new Error(`a feed of ${device.name} differs from a tab at ${position}:\n${fed}\n${view}`);
    }
  }

  /** What became of every commit, from the devices' own word; and the relay holds what they come to. */
  async seeEnd(acknowledged: ReadonlyMap<VirtualDevice, readonly Versionstamp[]>): Promise<void> {
    const results: { readonly result: CommitResult; readonly mutations: readonly Mutation[] }[] = [];
    for (const device of this.#devices) {
      const record = this.#mustGetRecord(device);
      const [tab] = device.tabs;
      if (tab === undefined) throw new Error(`${device.name} has no tab at the end`);
      const { tracked } = tab.host.state;
      const endedAt = new Set<string>(record.decided);
      for (const [name, { state, versionstamp }] of tracked) {
        const isAccepted = record.resultByName.get(name)?.ruling.type === "accepted";
        deepStrictEqual(
          state,
          isAccepted ? "confirmed" : "rejected",
          `${name} of ${device.name} is ${state}`,
        );
        endedAt.add(versionstamp);
      }
      for (const versionstamp of acknowledged.get(device) ?? []) {
        ok(endedAt.has(versionstamp), `${versionstamp} of ${device.name} was acknowledged, and is gone`);
      }
      for (const [name, mutations] of record.mutationsByName) {
        const result = record.resultByName.get(name);
        ok(result !== undefined, `${name} of ${device.name} has no result`);
        deepStrictEqual(result, this.#relay.resultByName.get(name));
        results.push({ result, mutations });
      }
    }
    const revisions = results.map(({ result }) => result.revision).toSorted((a, b) => a - b);
    deepStrictEqual(
      revisions,
      Array.from({ length: this.#relay.head }, (_, index) => index + 1),
      "every revision is one commit's",
    );
    await this.#seeRelayHolds(results);
  }

  /** Entries are the non-superseded mutations of the accepted commits, in the order of their revisions. */
  async #seeRelayHolds(
    results: readonly { readonly result: CommitResult; readonly mutations: readonly Mutation[] }[],
  ): Promise<void> {
    const values = new Map<PackedKey, Value | undefined>();
    for (const { result, mutations } of results.toSorted((a, b) => a.result.revision - b.result.revision)) {
      const { ruling } = result;
      if (ruling.type !== "accepted") continue;
      const lost = new Set(ruling.superseded.map(({ mutation }) => mutation));
      for (const [index, mutation] of mutations.entries()) {
        if (lost.has(index)) continue;
        const outcome = applyMutation(values.get(mutation.key), mutation);
        if (outcome.ok) values.set(mutation.key, outcome.value);
      }
    }
    const { entries } = await this.#relay.read();
    const held = entries.map(({ key, value }): [PackedKey, Value | undefined] => [key, value]);
    deepStrictEqual(sortedTexts(held), sortedTexts([...values]));
    for (const device of this.#devices) {
      for (const tab of device.tabs) {
        const listed = await device.world.resolved(tab.list());
        deepStrictEqual(
          listed.map(({ key, value, pending }) => [key, textOf(value), pending]),
          sortedTexts([...values]).map(([key, text]) => [key, text, false]),
        );
      }
    }
  }

  #readRows(device: VirtualDevice): void {
    const record = this.#mustGetRecord(device);
    const { rows, meta } = device.storage.image;
    if ((meta?.checkpoint ?? 0) > record.lastPosition) throw new Error("the witness missed rows");
    for (const row of rows) {
      if (row.position <= record.lastPosition) continue;
      record.lastPosition = row.position;
      if (row.type === "commit") this.#takeDown(record, row.commits, row.position);
      if (row.type === "patch") {
        for (const result of row.patch.results) record.resultByName.set(nameKey(result.name), result);
      }
      if (row.type === "decision") {
        for (const name of row.commits) {
          record.decided.add(record.versionstampByName.get(nameKey(name)) ?? nameKey(name));
        }
        this.#takeDown(record, row.retries, row.position);
      }
    }
  }

  #takeDown(record: DeviceRecord, commits: readonly CommitRecord[], position: number): void {
    for (const [place, { name, mutations }] of commits.entries()) {
      record.mutationsByName.set(nameKey(name), mutations);
      record.versionstampByName.set(nameKey(name), createVersionstamp(position, place));
    }
  }

  #lookAt(device: VirtualDevice, tab: VirtualTab): void {
    const { state } = tab.host;
    const before = this.#tailByTab.get(tab);
    if (before?.state === state && before.tail === state.tail) return;
    if (before !== undefined && before.tail > state.tail) throw new Error("a tab's position went back");
    this.#tailByTab.set(tab, { state, tail: state.tail });
    this.#seePending(device, state);
    const { meta, pages } = device.storage.image;
    if ((meta?.checkpoint ?? 0) !== state.checkpoint) return;
    const keys = [...pages.values()].toSorted((a, b) => (a.first < b.first ? -1 : 1));
    const loaded = new Pages(new PageIndex(meta?.ranges[0]?.generation ?? 0, keys));
    loaded.add(keys);
    const listed = listEntries(state, loaded, wholeRange, Number.POSITIVE_INFINITY, false, () => true);
    const view = listed.map(({ key, view: { value, versionstamp, revision, lastWriter } }) => {
      const text = textOfValue(value);
      this.#seeVersionstamp(device, tab, key, versionstamp, text);
      return [key, versionstamp, text ?? null, revision, lastWriter];
    });
    const described = JSON.stringify(view);
    const { viewByPosition } = this.#mustGetRecord(device);
    const known = viewByPosition.get(state.tail);
    if (known !== undefined && known !== described) {
      throw new Error(`two tabs of ${device.name} differ at ${state.tail}:\n${known}\n${described}`);
    }
    viewByPosition.set(state.tail, described);
    this.seePairs(new Map(listed.map(({ key, view }) => [key, textOfValue(view.value)])), "a state");
  }

  /** A commit is pending until its revision is shown, and not a moment longer. */
  #seePending(device: VirtualDevice, state: ReplicaState): void {
    for (const [name, tracked] of state.tracked) {
      const revision = this.#relay.resultByName.get(name)?.revision;
      const isShown = revision !== undefined && revision <= state.session.revealed;
      const isPending = tracked.state === "pending" || tracked.state === "hidden";
      if (isShown === isPending) {
        const shown = `${state.session.revealed} is shown and it was ruled at ${revision}`;
        throw new Error(`${name} of ${device.name} is ${tracked.state} where ${shown}`);
      }
    }
  }

  #seeVersionstamp(
    device: VirtualDevice,
    tab: VirtualTab,
    key: PackedKey,
    versionstamp: Versionstamp,
    text: string | undefined,
  ): void {
    const latest = this.#latestByTab.get(tab) ?? new Map<PackedKey, Versionstamp>();
    this.#latestByTab.set(tab, latest);
    const before = latest.get(key);
    if (before !== undefined && versionstamp < before) {
      throw new Error(`the versionstamp of ${key} went back from ${before} to ${versionstamp}`);
    }
    latest.set(key, versionstamp);
    const { valueByVersionstamp } = this.#mustGetRecord(device);
    const name = `${versionstamp} ${key}`;
    if (valueByVersionstamp.has(name) && valueByVersionstamp.get(name) !== text) {
      throw new Error(
        `${name} of ${device.name} stood for ${valueByVersionstamp.get(name)}, now for ${text}`,
      );
    }
    valueByVersionstamp.set(name, text);
  }

  #mustGetRecord(device: VirtualDevice): DeviceRecord {
    const record = this.#recordByDevice.get(device);
    if (record === undefined) throw new Error(`nobody watches ${device.name}`);
    return record;
  }
}

const textOfValue = (value: Value | undefined): string | undefined =>
  value === undefined ? undefined : `${value.encoding} ${String(value.data)}`;

const sortedTexts = (values: readonly (readonly [PackedKey, Value | undefined])[]): [PackedKey, string][] =>
  values
    .flatMap(([key, value]): [PackedKey, string][] =>
      value === undefined ? [] : [[key, textOfValue(value) ?? ""]],
    )
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
