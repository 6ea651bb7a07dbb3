/**
 * For aimed tests: a world with a relay and named devices, and short forms of what apps do. Every
 * scene can be inspected as the runs of the simulator are.
 */
import { onTestFinished } from "vitest";
import { isUnruled } from "@rockpool/replica";
import { type Mutation, packKey, type PackedKey, type Versionstamp, wholeBucket } from "@rockpool/model";
import { type DeviceOptions, VirtualDevice } from "../simulator/virtual-device.ts";
import { textOf } from "../simulator/tab-asks.ts";
import { json } from "../simulator/written-values.ts";
import type { VirtualTab } from "../simulator/virtual-device.ts";
import { VirtualRelay } from "../simulator/virtual-relay.ts";
import { VirtualWorld } from "../simulator/virtual-world.ts";
import { Inspector } from "../simulator/inspector.ts";
import { Oracle } from "../simulator/oracle.ts";

export const key = (...parts: readonly string[]): PackedKey => packKey(parts);

export const set = (name: string, value: unknown): Mutation => ({
  type: "set",
  key: key(name),
  value: json(value),
});
export const remove = (name: string): Mutation => ({ type: "delete", key: key(name) });
export const sum = (name: string, operand: number): Mutation => ({
  type: "sum",
  key: key(name),
  operand: BigInt(operand),
});

export class Scene {
  readonly world: VirtualWorld;
  readonly relay: VirtualRelay;
  readonly devices: VirtualDevice[] = [];
  readonly #oracle = new Oracle();

  constructor(seed: number, patchEntriesMax: number) {
    this.world = new VirtualWorld(seed);
    this.relay = new VirtualRelay(this.world, { patchEntriesMax });
    this.relay.onPutBack = () => this.#oracle.expectOlder();
    this.relay.onEpoch = (state) => this.#oracle.beginEpoch(state);
    this.relay.onRuled = (turn, ruled, kept) => {
      try {
        this.#oracle.hear(turn, ruled, kept);
      } catch (error) {
        this.relay.errors.push(error);
      }
    };
  }

  /** A device with one tab, connected once time passes. */
  async open(name: string, options: Omit<DeviceOptions, "name"> = {}): Promise<VirtualTab> {
    const device = new VirtualDevice(this.world, this.relay, { name, ...options });
    this.devices.push(device);
    return this.openTab(device);
  }

  openTab(device: VirtualDevice): Promise<VirtualTab> {
    return this.world.resolved(device.open(), "a tab does not open");
  }

  /** Holds what the devices show from now on against what the relay ruled since it was started. */
  inspect(): void {
    const inspector = new Inspector({
      devices: this.devices,
      oracle: this.#oracle,
      note: () => {},
      readableEver: () => [wholeBucket],
    });
    onTestFinished(
      this.world.watch(() => {
        if (this.relay.errors.length > 0) throw this.relay.errors[0];
        inspector.look();
      }),
    );
  }

  /** Commits without checks; fulfilled when it is stored. */
  async write(tab: VirtualTab, ...mutations: readonly Mutation[]): Promise<Versionstamp> {
    return mustCommit(await this.world.resolved(tab.commit({ mutations })));
  }

  /** Commits on what the tab sees under `name` now. */
  async writeChecked(
    tab: VirtualTab,
    name: string,
    ...mutations: readonly Mutation[]
  ): Promise<Versionstamp> {
    const { versionstamp } = await this.world.resolved(tab.get(key(name)));
    const checks = [{ key: key(name), versionstamp }];
    return mustCommit(await this.world.resolved(tab.commit({ checks, mutations })));
  }

  /** What the tab sees under `name`, as data. */
  async read(tab: VirtualTab, name: string): Promise<unknown> {
    const { value } = await this.world.resolved(tab.get(key(name)));
    if (value === undefined) return undefined;
    return value.encoding === "json" ? (JSON.parse(value.data) as unknown) : value.data;
  }

  async versionstamp(tab: VirtualTab, name: string): Promise<Versionstamp | null> {
    return (await this.world.resolved(tab.get(key(name)))).versionstamp;
  }

  setOnline(tab: VirtualTab, isOnline: boolean): void {
    this.relay.network.setOnline(tab.device.name, isOnline);
  }

  /** Waits until every device has had a session, has all that the relay has, and nothing pending. */
  quiet(): Promise<void> {
    const isQuiet = ({ host: { state } }: VirtualTab): boolean =>
      state.session.epoch !== null &&
      state.pendingCount === 0 &&
      state.session.revealed === this.relay.head &&
      state.session.setAside === null &&
      !state.session.fillDue;
    return this.world.until(
      () => this.devices.every(({ tabs }) => [...tabs].every(isQuiet)),
      () => `not quiet: ${JSON.stringify(this.devices.map((device) => describeDevice(device)))}`,
    );
  }

  /** What the relay holds, as text by key. */
  async relayEntries(): Promise<ReadonlyMap<PackedKey, string | undefined>> {
    const { entries } = await this.relay.read();
    return new Map(
      entries
        .filter(({ value }) => value !== undefined)
        .map(({ key, value }) => [key, value && `${value.encoding} ${String(value.data)}`]),
    );
  }

  async entries(tab: VirtualTab): Promise<ReadonlyMap<PackedKey, string | undefined>> {
    const listed = await this.world.resolved(tab.list());
    return new Map(listed.map(({ key, value }) => [key, textOf(value)]));
  }
}

export const openScene = async ({
  seed = 1,
  patchEntriesMax = 1000,
}: {
  readonly seed?: number;
  readonly patchEntriesMax?: number;
} = {}): Promise<Scene> => {
  const scene = new Scene(seed, patchEntriesMax);
  await scene.relay.start();
  return scene;
};

const mustCommit = (versionstamp: Versionstamp | null): Versionstamp => {
  if (versionstamp === null) throw new Error("a check did not hold where it was made");
  return versionstamp;
};

const describeDevice = ({ name, tabs }: VirtualDevice): unknown => ({
  name,
  tabs: [...tabs].map(({ host: { state } }) => ({
    unruled: [...state.tracked].flatMap(([name, tracked]) => (isUnruled(tracked) ? [name] : [])),
    received: state.session.received,
    revealed: state.session.revealed,
  })),
});
