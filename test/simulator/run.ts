/**
 * One run under way: devices and a relay in a world of their own, watched by the oracle and the
 * inspector, and what apps do on them. The actions of kinds.ts act on it; carry-out.ts drives it.
 */
import { intersectScopes, type PackedKey, type Scope, wholeBucket } from "@rockpool/model";
import { RunAccess } from "./access.ts";
import type { Actions } from "./actions.ts";
import { Apps, seePairs } from "./apps.ts";
import { Calls } from "./calls.ts";
import { documentKeys } from "./draw-commit.ts";
import { FollowedDocument } from "./followed-document.ts";
import { Inspector } from "./inspector.ts";
import { Oracle } from "./oracle.ts";
import type { Operation, Plan, PlannedAccess, PlannedDevice } from "./plan.ts";
import { everyChange, textOfEntries } from "./tab-asks.ts";
import { VirtualDevice } from "./virtual-device.ts";
import type { VirtualTab } from "./virtual-device.ts";
import { VirtualRelay } from "./virtual-relay.ts";
import { VirtualWorld } from "./virtual-world.ts";

/** Where an operation happens: indexes, taken modulo how many there are. */
export type Where = Pick<Operation, "device" | "tab">;

const devicesMax = 5;
const tabsMax = 3;

export class Run {
  readonly world: VirtualWorld;
  readonly relay: VirtualRelay;
  readonly devices: VirtualDevice[] = [];
  readonly oracle: Oracle = new Oracle();
  readonly inspector: Inspector;
  readonly calls: Calls;
  readonly apps: Apps;
  /** Absent where everybody may do everything. */
  readonly access: RunAccess | undefined;
  /** The relay was put back: what it ruled since is gone. */
  relayWasRestored = false;
  /** What the feed of each tab came to. */
  readonly fedByTab: Map<VirtualTab, Map<PackedKey, string | undefined>> = new Map();
  /** What the feed of each document came to in each tab. */
  readonly documentsByTab: Map<VirtualTab, Map<PackedKey, FollowedDocument>> = new Map();
  #putAway = 0;
  /** What ends the faults under way, by what they are about. */
  readonly #healers = new Map<string, () => void>();

  constructor({ seed, relay, access }: Pick<Plan, "seed" | "relay" | "access">) {
    this.world = new VirtualWorld(seed);
    this.calls = new Calls(this.world);
    this.relay = new VirtualRelay(this.world, relay);
    this.relay.onPutBack = () => this.oracle.expectOlder();
    this.relay.onEpoch = (state) => this.calls.attempt(() => this.oracle.beginEpoch(state));
    this.relay.onRuled = (turn, ruled, kept) => {
      this.calls.attempt(() => {
        for (const [index, { isNew }] of ruled.answers.entries()) {
          const push = turn.pushes[index];
          if (isNew && push !== undefined) this.access?.inspector.seeRights(push.replica, push.rights);
        }
        this.oracle.hear(turn, ruled, kept);
      });
      for (const { result } of ruled.answers) this.world.note(`${result.revision} ${result.stamp}`);
    };
    this.relay.onCompacted = (key, reading) =>
      this.calls.attempt(() => this.oracle.hearCompaction(key, reading));
    this.relay.onSwept = (options, sweep) => this.calls.attempt(() => this.oracle.hearSweep(options, sweep));
    this.access = access && this.#openAccess(access);
    this.inspector = new Inspector({
      devices: this.devices,
      oracle: this.oracle,
      note: (what) => this.world.note(what),
      readableEver: (device) => this.access?.readableEver(device) ?? [wholeBucket],
    });
    this.apps = new Apps({
      inspector: this.inspector,
      oracle: this.oracle,
      wasRelayRestored: () => this.relayWasRestored,
    });
    this.world.watch(() => this.look());
  }

  /** @throws Violation, and whatever the code under test throws */
  look(): void {
    this.calls.look();
    if (this.relay.errors.length > 0) throw this.relay.errors[0];
    this.inspector.look();
  }

  addDevice({ tabs, tailEntries, isAlone = false, ...options }: PlannedDevice): void {
    const settings = { limits: { rowsMax: 3, pagesMax: 2, pageEntries: 3, pageBytes: 300 }, tailEntries };
    const name = `device ${this.devices.length + 1}`;
    const device = new VirtualDevice(this.world, this.relay, { ...options, name, settings, isAlone });
    this.devices.push(device);
    this.access?.prepare(device);
    for (let tab = 0; tab < tabs; tab++) this.openTab(device);
  }

  device({ device }: Pick<Where, "device">): VirtualDevice {
    return this.devices[device % this.devices.length] as VirtualDevice;
  }

  /** A tab of the device that runs. */
  tab(where: Where): VirtualTab | undefined {
    const tabs = [...this.device(where).tabs].filter((tab) => tab.isOpen && !tab.life.isFrozen);
    return tabs[where.tab % Math.max(1, tabs.length)];
  }

  /** Work on a tab that must come to an end in time; opens one where there is none. */
  onTab(where: Where, what: string, work: (tab: VirtualTab) => Promise<unknown>): void {
    const tab = this.tab(where);
    if (tab === undefined) this.openTab(this.device(where));
    else this.calls.answered(tab, what, work(tab));
  }

  /** As `onTab`, of what may wait for the relay or the app. */
  call(where: Where, work: (tab: VirtualTab) => Promise<unknown>): void {
    const tab = this.tab(where);
    if (tab !== undefined) this.calls.add(tab.device, work(tab));
  }

  openTab(device: VirtualDevice, hasRelay: boolean = !device.isAlone): void {
    // One with the relay is opened beside however many without.
    if (device.tabs.size >= tabsMax && (!hasRelay || device.hasRelayTab)) return;
    this.calls.add(
      device,
      device.open(hasRelay).then((tab) => this.#follow(tab)),
    );
  }

  /** The device's apps know of the relay from here on, or these tabs alone, which may end while they open. */
  attach(device: VirtualDevice, { tabs, diesAfterMs, isForAll }: Actions["attach"]): void {
    if (isForAll) device.isAlone = false;
    for (let tab = 0; tab < tabs; tab++) this.openTab(device, true);
    if (diesAfterMs === null) return;
    this.world.schedule(diesAfterMs, () => {
      for (const tab of device.tabs) if (!tab.isOpen) tab.kill();
    });
  }

  freeze(tab: VirtualTab | undefined, forMs: number): void {
    if (tab === undefined) return;
    tab.life.freeze();
    this.world.schedule(forMs, () => tab.life.thaw());
    this.calls.excuse(tab);
  }

  /** A page that is put away is at rest and frozen until it comes back. */
  putAway(tab: VirtualTab | undefined, forMs: number): void {
    if (tab === undefined) return;
    this.calls.add(tab.device, tab.host.call("rest", {}));
    tab.life.freeze();
    this.calls.excuse(tab);
    this.healLater(`away ${++this.#putAway}`, forMs, () => {
      tab.life.thaw();
      if (tab.isOpen) this.calls.add(tab.device, tab.wake(true));
    });
  }

  /** Has all tabs of a device go on where the app alone can say so: each may be the one that stopped. */
  resume(device: VirtualDevice): void {
    for (const tab of device.tabs) {
      if (tab.isOpen) this.calls.add(device, tab.host.call("pause", { paused: false }));
    }
  }

  /** Ends a fault after a while; another of the same name takes its place. */
  healLater(name: string, afterMs: number, heal: () => void): void {
    this.#healers.set(name, heal);
    this.world.schedule(afterMs, () => {
      if (this.#healers.get(name) === heal) this.#healers.delete(name);
      heal();
    });
  }

  /** Ends every fault under way. */
  healAll(): void {
    for (const heal of this.#healers.values()) heal();
    this.#healers.clear();
    this.relay.network.heal();
    this.access?.heal();
    for (const device of this.devices) {
      device.storage.heal();
      for (const tab of device.tabs) tab.life.thaw();
    }
  }

  /** A device whose disk is about to fail. */
  troubled(device: VirtualDevice): VirtualDevice {
    this.calls.expectTrouble(device);
    return device;
  }

  /** The device goes off; what it stored in the last `lostMs` is gone. */
  goBack(device: VirtualDevice, lostMs: number): void {
    device.loseStorage(device.storage.imageAt(this.world.nowMs - lostMs));
  }

  clone(device: VirtualDevice): void {
    if (this.devices.length >= devicesMax) return;
    const copy = new VirtualDevice(this.world, this.relay, {
      ...device.options,
      name: `device ${this.devices.length + 1}`,
      clockAheadMs: device.clockAheadMs,
      image: device.storage.image,
    });
    copy.clockWentBack = device.clockWentBack;
    copy.isAlone = device.isAlone;
    this.devices.push(copy);
    this.access?.prepare(copy);
    this.openTab(copy);
  }

  restoreRelay(downMs: number): void {
    if (this.relay.restore(downMs)) this.relayWasRestored = true;
  }

  /** What is to be on a device in the end: what it follows and may read. */
  scopeOf(device: VirtualDevice, followed: Scope): Scope {
    return intersectScopes(followed, this.access?.readable(device) ?? wholeBucket);
  }

  #openAccess(planned: PlannedAccess): RunAccess {
    const access = new RunAccess(planned, {
      relay: this.relay,
      resume: (device) => this.resume(device),
      devices: this.devices,
      now: () => this.world.nowMs,
      healLater: (name, afterMs, heal) => this.healLater(name, afterMs, heal),
    });
    const { inspector } = access;
    this.relay.network.watcher = {
      onUp: (link, frame) => this.calls.attempt(() => inspector.onUp(link, frame)),
      onDown: (link, frame) => this.calls.attempt(() => inspector.onDown(link, frame)),
    };
    return access;
  }

  /** Every tab has a feed of everything, and one of each document. */
  #follow(tab: VirtualTab): void {
    for (const key of documentKeys) this.#followDocument(tab, key);
    const fed = new Map<PackedKey, string | undefined>();
    this.fedByTab.set(tab, fed);
    const { storage } = tab.device;
    tab.feed(everyChange, ({ isReset, entries, versionstamp }) => {
      if (isReset) fed.clear();
      for (const [key, text] of textOfEntries(entries)) fed.set(key, text);
      this.calls.attempt(() => {
        seePairs(fed, `a feed of ${tab.device.name}`, this.inspector.attaches.handedOver);
        if (tab.device.storage !== storage) return;
        this.inspector.seeFeed(tab.device, versionstamp, fed);
      });
    });
  }

  #followDocument(tab: VirtualTab, key: PackedKey): void {
    const document = new FollowedDocument();
    const followed = this.documentsByTab.get(tab) ?? new Map<PackedKey, FollowedDocument>();
    this.documentsByTab.set(tab, followed.set(key, document));
    const { storage } = tab.device;
    tab.followDocument(key, (item) => {
      document.take(item);
      if (tab.device.storage !== storage) return;
      this.calls.attempt(() => this.inspector.seeDocument(tab.device, item.versionstamp, key, document));
    });
  }
}
