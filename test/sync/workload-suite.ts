/**
 * A random run: devices with one or two tabs and a relay, all kinds of commits, and everything that
 * can befall a connection, a tab or the relay; then peace, until all is quiet, and the reckoning.
 */
import {
  KvError,
  type Mutation,
  packKey,
  type PackedKey,
  type Value,
  type Versionstamp,
} from "@rockpool/model";
import {
  everyChange,
  json,
  textOfEntries,
  u64,
  VirtualDevice,
  type VirtualTab,
} from "../simulator/virtual-device.ts";
import { Witness } from "../simulator/witness.ts";
import { VirtualRelay } from "../simulator/virtual-relay.ts";
import { VirtualWorld } from "../simulator/virtual-world.ts";

const texts = ["a", "b", "c"].map((name) => packKey(["text", name]));
const checked = ["a", "b"].map((name) => packKey(["checked", name]));
const counters = ["a", "b"].map((name) => packKey(["counter", name]));
const numbers = [packKey(["number", "a"])];
const pairs = ["a", "b"].map((name): readonly [PackedKey, PackedKey] => [
  packKey(["pair", name, "left"]),
  packKey(["pair", name, "right"]),
]);

export interface RunSize {
  readonly steps: number;
  /** Mean time between two steps, in ms. */
  readonly paceMs: number;
}

export const runRandomly = async (seed: number, { steps, paceMs }: RunSize): Promise<Workload> => {
  const workload = new Workload(seed);
  await workload.start();
  for (let step = 0; step < steps; step++) {
    await workload.world.pass(workload.world.random() ** 2 * 3 * paceMs);
    await workload.act();
  }
  await workload.finish();
  return workload;
};

export class Workload {
  readonly world: VirtualWorld;
  readonly relay: VirtualRelay;
  readonly devices: readonly VirtualDevice[];
  readonly witness: Witness;
  readonly #acknowledged = new Map<VirtualDevice, Versionstamp[]>();
  readonly #failures: unknown[] = [];
  readonly #feedByTab = new Map<VirtualTab, Map<PackedKey, string | undefined>>();
  #values = 0;

  constructor(seed: number) {
    this.world = new VirtualWorld(seed);
    this.relay = new VirtualRelay(this.world, { patchEntriesMax: this.world.between(2, 12) });
    const count = this.world.between(2, 3);
    this.devices = Array.from({ length: count }, (_, index) => {
      const clockAheadMs = this.world.chance(0.3) ? this.world.between(-5000, 5000) : 0;
      return new VirtualDevice(this.world, this.relay, {
        name: `device ${index + 1}`,
        clockAheadMs: this.world.chance(0.05) ? 86_400_000 : clockAheadMs,
        channelLoss: 0.1,
        settings: {
          limits: { rowsMax: 3, pagesMax: 2, pageEntries: 3, pageBytes: 300 },
          tailEntries: this.world.between(5, 40),
        },
      });
    });
    this.witness = new Witness(this.devices, this.relay, pairs);
  }

  async start(): Promise<void> {
    await this.relay.start();
    this.world.watch(() => this.#look());
    for (const device of this.devices) {
      this.#openTab(device);
      if (this.world.chance(0.5)) this.#openTab(device);
    }
  }

  /** One step of the run, whatever it comes to. */
  async act(): Promise<void> {
    const { world } = this;
    const device = world.pick(this.devices);
    const tab = this.#tabOf(device);
    const draw = world.random();
    if (tab === undefined) return this.#openTab(device);
    if (draw < 0.72) return this.#track(this.#commit(tab));
    if (draw < 0.78) return this.#track(this.#read(tab));
    if (draw < 0.83) return this.relay.network.drop(device.name);
    if (draw < 0.85) return this.relay.network.freeze(device.name);
    if (draw < 0.88) return this.relay.network.setOnline(device.name, world.chance(0.6));
    if (draw < 0.9) return this.#track(tab.host.call("pause", { paused: world.chance(0.4) }));
    if (draw < 0.92) return this.#track(tab.host.checkpoint());
    if (draw < 0.94) return this.#track(this.#decide(tab));
    if (draw < 0.96) return this.#openTab(device);
    if (draw < 0.97) return this.#endTab(tab);
    if (draw < 0.98) return device.stealSync();
    if (draw < 0.99) return this.#track(tab.host.call("flush", {}));
    return this.relay.restart(world.between(0, 3000));
  }

  /** Heals everything, waits until all is quiet, and reckons. */
  async finish(): Promise<void> {
    const { world } = this;
    this.relay.network.heal();
    for (const device of this.devices) if (this.#tabOf(device) === undefined) this.#openTab(device);
    await world.until(
      () => this.devices.every((device) => [...device.tabs].every((tab) => tab.isOpen)),
      () => "a tab does not open",
    );
    for (const device of this.devices) {
      for (const tab of device.tabs) this.#track(tab.host.call("pause", { paused: false }));
    }
    await world.until(
      () => this.#isQuiet(),
      () => `not quiet: ${this.#describe()}`,
    );
    await world.pass(40_000);
    if (!this.#isQuiet()) throw new Error(`not quiet any more: ${this.#describe()}`);
    await this.witness.seeEnd(this.#acknowledged);
    for (const [tab, fed] of this.#feedByTab) {
      if (!tab.isOpen) continue;
      const listed = textOfEntries(await world.resolved(tab.list()));
      for (const [key, text] of fed) if (text === undefined) fed.delete(key);
      if (JSON.stringify([...fed].toSorted()) !== JSON.stringify([...listed].toSorted())) {
        throw new Error(`a feed of ${tab.device.name} ended at ${JSON.stringify([...fed])}`);
      }
    }
    this.#throwFailures();
  }

  #isQuiet(): boolean {
    return this.devices.every((device) =>
      [...device.tabs].every((tab) => {
        const { pendingCount, session } = tab.host.state;
        return pendingCount === 0 && session.revealed === this.relay.head && session.setAside === null;
      }),
    );
  }

  #describe(): string {
    const devices = this.devices.map((device) => ({
      name: device.name,
      tabs: [...device.tabs].map(({ host: { state }, events }) => ({
        pending: state.pendingCount,
        received: state.session.received,
        revealed: state.session.revealed,
        reset: state.session.fillDue,
        paused: state.session.paused,
        status: events.findLast(({ type }) => type === "status"),
      })),
    }));
    return JSON.stringify({ head: this.relay.head, devices }, undefined, 1);
  }

  #look(): void {
    this.#throwFailures();
    this.witness.look();
  }

  #throwFailures(): void {
    if (this.#failures.length > 0) throw this.#failures[0];
  }

  #tabOf(device: VirtualDevice): VirtualTab | undefined {
    const tabs = [...device.tabs].filter((tab) => tab.isOpen);
    return tabs.length === 0 ? undefined : this.world.pick(tabs);
  }

  #openTab(device: VirtualDevice): void {
    if (device.tabs.size < 3) this.#track(device.open().then((tab) => this.#watch(tab)));
  }

  #endTab(tab: VirtualTab): void {
    if (this.world.chance(0.5)) tab.kill();
    else this.#track(tab.close());
  }

  /** Every tab has a feed of everything. */
  #watch(tab: VirtualTab): void {
    const fed = new Map<PackedKey, string | undefined>();
    this.#feedByTab.set(tab, fed);
    tab.feed(everyChange, ({ entries, versionstamp }) => {
      for (const [key, text] of textOfEntries(entries)) fed.set(key, text);
      try {
        this.witness.seePairs(fed, `a feed of ${tab.device.name}`);
        this.witness.seeFeedAt(tab.device, Number.parseInt(versionstamp.slice(0, 16), 16), fed);
      } catch (error) {
        this.#failures.push(error);
      }
    });
  }

  /** Work that goes on while time passes; what it meets on a tab that was closed is no failure. */
  #track(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      const code =
        error instanceof KvError ? error.code : (/"code":"([a-z-]+)"/.exec(String(error))?.[1] ?? "");
      if (!["closed", "offline", "not-found"].includes(code)) this.#failures.push(error);
    });
  }

  async #read(tab: VirtualTab): Promise<void> {
    const seen = textOfEntries(await tab.list(this.world.chance(0.5)));
    this.witness.seePairs(seen, `a reader of ${tab.device.name}`);
  }

  async #decide(tab: VirtualTab): Promise<void> {
    const groups = await tab.host.call("rejected", {});
    for (const { id } of groups) await tab.host.call(this.world.chance(0.6) ? "retry" : "discard", { id });
  }

  async #commit(tab: VirtualTab): Promise<void> {
    const { world } = this;
    const kind = world.between(0, 5);
    if (kind === 0) return this.#send(tab, [this.#setOrDelete(world.pick(texts))]);
    if (kind === 1) {
      return this.#send(tab, [
        this.#sum(),
        ...(world.chance(0.3) ? [this.#setOrDelete(world.pick(texts))] : []),
      ]);
    }
    if (kind === 2) return this.#send(tab, [this.#number()]);
    if (kind === 3) return this.#send(tab, this.#pair());
    const key = world.pick(checked);
    const times = world.chance(0.3) ? 2 : 1;
    for (let time = 0; time < times; time++) {
      const { versionstamp } = await tab.get(key, world.chance(0.7));
      const also = world.chance(0.5) ? [this.#sum()] : world.chance(0.3) ? this.#pair() : [];
      await this.#send(tab, [this.#setOrDelete(key), ...also], [{ key, versionstamp }]);
    }
  }

  async #send(
    tab: VirtualTab,
    mutations: readonly Mutation[],
    checks: readonly { readonly key: PackedKey; readonly versionstamp: Versionstamp | null }[] = [],
  ): Promise<void> {
    const versionstamp = await tab.commit({ checks, mutations });
    if (versionstamp === null) return;
    const acknowledged = this.#acknowledged.get(tab.device) ?? [];
    acknowledged.push(versionstamp);
    this.#acknowledged.set(tab.device, acknowledged);
  }

  #setOrDelete(key: PackedKey): Mutation {
    if (this.world.chance(0.15)) return { type: "delete", key };
    return { type: "set", key, value: this.#value() };
  }

  #sum(): Mutation {
    return { type: "sum", key: this.world.pick(counters), operand: BigInt(this.world.between(1, 9)) };
  }

  #number(): Mutation {
    const key = this.world.pick(numbers);
    const operand = BigInt(this.world.between(1, 99));
    const type = this.world.pick(["sum", "min", "max", "set", "delete"] as const);
    if (type === "set") return { type, key, value: u64(operand) };
    return type === "delete" ? { type, key } : { type, key, operand };
  }

  #pair(): readonly Mutation[] {
    const keys = this.world.pick(pairs);
    const value = this.#value();
    const isDelete = this.world.chance(0.1);
    return keys.map((key): Mutation => (isDelete ? { type: "delete", key } : { type: "set", key, value }));
  }

  /** A value that was never written before. */
  #value(): Value {
    return json(`value ${++this.#values}`);
  }
}
