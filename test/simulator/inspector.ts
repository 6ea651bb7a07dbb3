/**
 * Looks at every tab after every event and holds what it shows against the oracle: the confirmed state
 * at the cursor with the device's own pending commits over it, no more and no less. So it sees at once
 * what is torn, lost, shown too early, kept too long or come back.
 */
import type { PlacedRow } from "@rockpool/log";
import {
  equalScopes,
  intersectScopes,
  isInScope,
  type PackedKey,
  type Position,
  positionOf,
  type Scope,
  type Versionstamp,
  zeroVersionstamp,
  wholeRange,
} from "@rockpool/model";
import { type ListedEntry, listEntries, PageIndex, Pages, type ReplicaState } from "@rockpool/replica";
import type { DeviceStorage } from "./device-storage.ts";
import { AttachInspector } from "./attach-inspector.ts";
import { CommitInspector, type CommitsSeen } from "./commit-inspector.ts";
import { DeviceHistory } from "./device-history.ts";
import { briefKeys } from "./draw-commit.ts";
import type { FollowedDocument } from "./followed-document.ts";
import { expectedView, textOfView, withoutIncarnation } from "./expected-view.ts";
import type { Oracle } from "./oracle.ts";
import { ScopeInspector } from "./scope-inspector.ts";
import { same, Violation } from "./violation.ts";
import type { VirtualDevice } from "./virtual-device.ts";
import type { VirtualTab } from "./virtual-device.ts";
import type { Base } from "./seen.ts";

/** What a device showed, as texts by key. */
type View = ReadonlyMap<PackedKey, string>;

/** What is known of one disk. */
interface DiskRecord {
  readonly history: DeviceHistory;
  readonly viewByPosition: Map<Position, View>;
  /** What feeds came to at positions at which no tab was looked at yet: to be held against the view there. */
  readonly fedByPosition: Map<Position, ((view: View) => void)[]>;
  readonly textByVersionstamp: Map<string, string | undefined>;
}

/** What a tab showed last. */
interface TabRecord extends CommitsSeen {
  state: ReplicaState;
  tail: Position;
  epoch: string | null;
  received: number;
  revealed: number;
  readonly latestByKey: Map<
    PackedKey,
    { readonly versionstamp: Versionstamp; readonly text: string | undefined }
  >;
}

export interface InspectorOptions {
  readonly devices: Iterable<VirtualDevice>;
  readonly oracle: Oracle;
  /** Takes down what happens, for the trace. */
  readonly note: (what: string) => void;
  /** Each scope that could be read on a device at some time. */
  readonly readableEver: (device: VirtualDevice) => readonly Scope[];
}

export class Inspector {
  readonly #devices: Iterable<VirtualDevice>;
  readonly #oracle: Oracle;
  readonly #commits: CommitInspector;
  readonly #scopes: ScopeInspector;
  readonly attaches: AttachInspector;
  readonly #note: (what: string) => void;
  readonly #readableEver: InspectorOptions["readableEver"];
  readonly #recordByStorage = new WeakMap<DeviceStorage, DiskRecord>();
  readonly #highestByDevice = new WeakMap<VirtualDevice, Position>();
  readonly #recordByTab = new WeakMap<VirtualTab, TabRecord>();

  constructor({ devices, oracle, note, readableEver }: InspectorOptions) {
    this.#devices = devices;
    this.#oracle = oracle;
    this.#readableEver = readableEver;
    this.#commits = new CommitInspector(oracle);
    this.#scopes = new ScopeInspector(oracle);
    this.attaches = new AttachInspector(oracle);
    this.#note = note;
  }

  /** Looks at everything; to be called after every event. */
  look(): void {
    for (const device of this.#devices) {
      this.historyOf(device);
      for (const tab of device.tabs) if (tab.isOpen) this.#lookAt(device, tab);
    }
  }

  /** What the disk of a device was told, up to now. */
  historyOf(device: VirtualDevice): DeviceHistory {
    const { storage } = device;
    let record = this.#recordByStorage.get(storage);
    if (record === undefined) {
      record = {
        history: new DeviceHistory(device.name, storage.image),
        viewByPosition: new Map(),
        fedByPosition: new Map(),
        textByVersionstamp: new Map(),
      };
      this.#recordByStorage.set(storage, record);
    }
    const { history } = record;
    history.read(storage.image, (row) => {
      this.#note(`${device.name} ${row.position} ${row.type}`);
      this.#seePosition(device, row);
      this.#scopes.look(history, row, storage.image);
      this.attaches.look(history, row);
      this.#seeReadable(device, history, row);
    });
    return history;
  }

  /** What a session serves is what the device follows and its user may read, or might at some time. */
  #seeReadable(device: VirtualDevice, { followed }: DeviceHistory, row: PlacedRow): void {
    if (row.type !== "session") return;
    const expected = this.#readableEver(device).map((readable) => intersectScopes(followed, readable));
    if (expected.some((scope) => equalScopes(scope, row.scope))) return;
    throw new Violation({
      invariant: 9,
      at: `${device.name}, row ${row.position}`,
      expected,
      found: row.scope,
    });
  }

  /** A position that was lost with the power or deleted by the browser is never given again. */
  #seePosition(device: VirtualDevice, { type, position }: PlacedRow): void {
    const highest = this.#highestByDevice.get(device) ?? 0;
    if (position > highest) this.#highestByDevice.set(device, position);
    // What says nothing of a key has no versionstamp that anybody could know.
    else if ((type === "commit" || type === "patch" || type === "attach") && !device.clockWentBack) {
      throw new Violation({
        invariant: 6,
        at: device.name,
        expected: `a position above ${highest}`,
        found: position,
      });
    }
  }

  /** What a feed holds at a position is what the device's tabs showed there. */
  seeFeed(
    device: VirtualDevice,
    versionstamp: Versionstamp,
    feed: ReadonlyMap<PackedKey, string | undefined>,
  ): void {
    const position = positionOf(versionstamp);
    // It goes on.
    const fed = new Map(feed);
    this.#seeFed(device, position, (view) => {
      for (const key of new Set([...view.keys(), ...fed.keys()])) {
        // What ends goes by each reader's clock.
        if (briefKeys.has(key)) continue;
        const shown = withoutIncarnation(view.get(key));
        same(4, `a feed of ${device.name} at ${position}`, shown, fed.get(key), key);
      }
    });
  }

  /** What the feed of a document came to at a position is what the device's tabs showed there. */
  seeDocument(
    device: VirtualDevice,
    versionstamp: Versionstamp,
    key: PackedKey,
    { text: fed }: FollowedDocument,
  ): void {
    if (fed === undefined) return;
    const position = positionOf(versionstamp);
    const at = `a document's feed of ${device.name} at ${position}`;
    this.#seeFed(device, position, (view) => same(5, at, withoutIncarnation(view.get(key)), fed.text, key));
  }

  /** Has what a feed came to held against the view at its position: now, or once a tab is seen that stands there. */
  #seeFed(device: VirtualDevice, position: Position, see: (view: View) => void): void {
    const disk = this.#recordByStorage.get(device.storage);
    if (disk === undefined) return;
    const view = disk.viewByPosition.get(position);
    if (view !== undefined) return see(view);
    const waiting = disk.fedByPosition.get(position);
    if (waiting === undefined) disk.fedByPosition.set(position, [see]);
    else waiting.push(see);
  }

  #lookAt(device: VirtualDevice, tab: VirtualTab): void {
    const { state } = tab.host;
    const before = this.#recordByTab.get(tab);
    if (before?.state === state && before.tail === state.tail) return;
    const record = before ?? newTabRecord(state);
    this.#recordByTab.set(tab, record);
    if (before !== undefined) this.#seeNothingGoesBack(device, record, state);
    const { epoch, received, revealed } = state.session;
    Object.assign(record, { state, tail: state.tail, epoch, received, revealed });
    const disk = this.#recordByStorage.get(device.storage);
    if (disk === undefined) return;
    record.base = disk.history.baseAt(state.tail);
    this.#seeBase(device, record.base, state);
    this.attaches.lookAtParts(disk.history, state);
    this.#commits.look(device, disk.history, record, state);
    this.#seeView(device, disk, record, state);
  }

  /** What was confirmed last is what the epoch that the tab stands in has at its cursor. */
  #seeBase(device: VirtualDevice, base: Base | undefined, { session }: ReplicaState): void {
    const { epoch, revealed: revision, scope, fillDue } = session;
    if (base === undefined || epoch === null || fillDue) return;
    if (this.#oracle.snapshotAt({ epoch, revision, scope }) === this.#oracle.snapshotAt(base)) return;
    const [expected, found] = [`revision ${revision} of ${epoch}`, `${base.revision} of ${base.epoch}`];
    throw new Violation({ invariant: 6, at: device.name, expected, found });
  }

  #seeNothingGoesBack(device: VirtualDevice, before: TabRecord, { tail, session }: ReplicaState): void {
    const at = device.name;
    if (tail < before.tail) {
      throw new Violation({ invariant: 6, at, expected: `>= ${before.tail}`, found: tail });
    }
    if (session.epoch !== before.epoch) {
      const orders = [before.epoch, session.epoch].map((epoch) => this.#oracle.orderOf(epoch)) as [
        number,
        number,
      ];
      if (orders[1] < orders[0]) {
        throw new Violation({ invariant: 6, at, expected: `epoch ${orders[0]} or later`, found: orders[1] });
      }
      return;
    }
    if (session.fillDue) return;
    if (session.revealed < before.revealed) {
      throw new Violation({
        invariant: 6,
        at,
        expected: `revealed >= ${before.revealed}`,
        found: session.revealed,
      });
    }
    if (session.received < before.received && session.received !== session.revealed) {
      throw new Violation({
        invariant: 6,
        at,
        expected: `received >= ${before.received}`,
        found: session.received,
      });
    }
  }

  #seeView(device: VirtualDevice, disk: DiskRecord, record: TabRecord, state: ReplicaState): void {
    const listed = listView(device.storage, state);
    if (listed === undefined) return;
    const shown = new Map<PackedKey, string>();
    for (const { key, view } of listed) {
      const text = textOfView(view.value, view.expireAt);
      if (text !== undefined) shown.set(key, text);
      // What a fill left out, or what is not followed any more, is not there and has none.
      const isGone = text === undefined && !isInScope(state.session.confirmedScope, key);
      if (!isGone && view.versionstamp !== zeroVersionstamp) {
        this.#seeVersionstamp(device, disk, record, key, view.versionstamp, text);
      }
    }
    const known = disk.viewByPosition.get(state.tail);
    const expected = known ?? this.#expected(disk.history, record.base, state);
    if (expected !== undefined) {
      const at = `${device.name} at ${state.tail}, revision ${state.session.revealed}`;
      for (const [key, text] of expected) if (shown.get(key) !== text) same(4, at, text, shown.get(key), key);
      for (const [key, text] of shown) if (!expected.has(key)) same(7, at, undefined, text, key);
    }
    if (known !== undefined) return;
    disk.viewByPosition.set(state.tail, shown);
    for (const see of disk.fedByPosition.get(state.tail) ?? []) see(shown);
    disk.fedByPosition.delete(state.tail);
  }

  #expected(history: DeviceHistory, base: Base | undefined, state: ReplicaState): View | undefined {
    const confirmed = base && (base.held ?? this.#oracle.snapshotAt(base));
    return confirmed && base
      ? expectedView(confirmed, base.scope, history.commitsAndParts, state)
      : undefined;
  }

  #seeVersionstamp(
    device: VirtualDevice,
    disk: DiskRecord,
    { latestByKey }: TabRecord,
    key: PackedKey,
    versionstamp: Versionstamp,
    text: string | undefined,
  ): void {
    const before = latestByKey.get(key);
    if (before?.versionstamp === versionstamp && before.text === text) return;
    if (before !== undefined && versionstamp < before.versionstamp) {
      throw new Violation({
        invariant: 6,
        at: device.name,
        key,
        expected: `>= ${before.versionstamp}`,
        found: versionstamp,
      });
    }
    latestByKey.set(key, { versionstamp, text });
    const [name, content] = [`${versionstamp} ${key}`, withoutIncarnation(text)];
    if (disk.textByVersionstamp.has(name)) {
      same(
        6,
        `${device.name}, versionstamp ${versionstamp}`,
        disk.textByVersionstamp.get(name),
        content,
        key,
      );
    }
    disk.textByVersionstamp.set(name, content);
  }
}

const newTabRecord = (state: ReplicaState): TabRecord => ({
  state,
  tail: state.tail,
  base: undefined,
  epoch: null,
  received: 0,
  revealed: 0,
  unruled: new Set(),
  read: 0,
  latestByKey: new Map(),
});

/** What a tab in this state shows, expiry left aside; undefined when its pages are no longer on the disk. */
const listView = (storage: DeviceStorage, state: ReplicaState): readonly ListedEntry[] | undefined => {
  const { meta, pages } = storage.image;
  if ((meta?.checkpoint ?? 0) !== state.checkpoint) return undefined;
  const inForce = [...pages.values()].filter(({ generation }) => generation === state.generation);
  inForce.sort((a, b) => (a.first < b.first ? -1 : 1));
  const loaded = new Pages(new PageIndex(state.generation, inForce));
  loaded.add(inForce);
  return listEntries(state, loaded, wholeRange, Number.POSITIVE_INFINITY, false, () => true);
};
