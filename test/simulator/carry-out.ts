/**
 * Carries a plan out: its operations in their order, then peace, until all is quiet, and the
 * reckoning.
 */
import { equalScopes } from "@rockpool/model";
import type { ActionOf, ActionType } from "./actions.ts";
import type { AttachCounts } from "./attach-inspector.ts";
import type { Kind } from "./kind.ts";
import { kinds } from "./kinds.ts";
import type { Operation, Plan } from "./plan.ts";
import { reckon } from "./reckoning.ts";
import { Run } from "./run.ts";
import { Violation } from "./violation.ts";
import type { VirtualDevice, VirtualTab } from "./virtual-device.ts";

/** What a run came to. */
export interface RunReport {
  readonly steps: number;
  /** How often each fault was injected, by its name. */
  readonly faults: Readonly<Record<string, number>>;
  /** How often apps did each thing, by its name. */
  readonly asks: Readonly<Record<string, number>>;
  readonly accepted: number;
  readonly superseded: number;
  readonly rejected: number;
  readonly rejections: Readonly<Record<string, number>>;
  readonly attaches: Readonly<AttachCounts>;
  /** The same for two runs of one plan. */
  readonly trace: number;
}

/** What a plan comes to, or the error it ends with. */
export const carryOut = async (plan: Plan): Promise<RunReport | Error> => {
  try {
    return await carryOutOrThrow(plan);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
};

const carryOutOrThrow = async (plan: Plan): Promise<RunReport> => {
  const run = new Run(plan);
  const faults: Record<string, number> = {};
  const asks: Record<string, number> = {};
  await run.relay.start();
  for (const device of plan.devices) run.addDevice(device);
  for (const operation of plan.operations) {
    await run.world.pass(operation.afterMs);
    run.world.reseed(operation.id);
    run.world.note(operation.type);
    const { type } = operation;
    const counts = kinds[type].isFault ? faults : asks;
    counts[type] = (counts[type] ?? 0) + 1;
    act(run, operation);
    run.calls.look();
  }
  await comeToRest(run);
  await reckon(run);
  run.look();
  const { counts: attaches } = run.inspector.attaches;
  const { trace } = run.world;
  return { ...run.oracle.counts, steps: plan.operations.length, faults, asks, attaches, trace };
};

const act = <Type extends ActionType>(run: Run, operation: ActionOf<Type> & Operation): void => {
  const kind: Kind<Type> = kinds[operation.type];
  run.calls.attempt(() => kind.act(run, operation, operation));
};

/** Long enough for what was planned to end a while later. */
const healingMs = 5000;
/** Quiet must last this long, in ms. */
const quietMs = 40_000;

/** Ends every fault and waits until all devices hold what the relay holds, and have nothing to say. */
const comeToRest = async (run: Run): Promise<void> => {
  const { world, relay, devices } = run;
  run.healAll();
  await world.pass(healingMs);
  // In the end every app knows of the relay.
  for (const device of devices) {
    if (!hasOpenRelayTab(device)) run.attach(device, { tabs: 1, diesAfterMs: null, isForAll: true });
  }
  const isThere = (): boolean =>
    relay.isUp && devices.every(({ tabs }) => tabs.size > 0 && [...tabs].every(({ isOpen }) => isOpen));
  await waitUntil(run, isThere, "all tabs open");
  for (const device of devices) run.resume(device);
  const isQuiet = (): boolean => devices.every(({ tabs }) => [...tabs].every((tab) => isTabQuiet(run, tab)));
  await waitUntil(run, isQuiet, "quiet");
  await world.pass(quietMs);
  // What ended meanwhile may have been told to nobody: tabs look for themselves in time.
  await waitUntil(run, isQuiet, "still quiet", quietMs);
  await waitUntil(run, () => devices.every(isCarriedInView), "a session in view", handOverMs);
  run.calls.seeEnd();
};

const hasOpenRelayTab = ({ tabs }: VirtualDevice): boolean =>
  [...tabs].some((tab) => tab.isOpen && tab.hasRelay);

/** What a visible tab may wait for the session of a hidden one, messages between them being lost, in ms. */
const handOverMs = 120_000;

/** A visible tab carries the session, if there is one. */
const isCarriedInView = ({ tabs }: VirtualDevice): boolean => {
  const visible = [...tabs].filter(({ isVisible, hasRelay }) => isVisible && hasRelay);
  return visible.length === 0 || visible.some(({ isHolder }) => isHolder);
};

const waitUntil = async (
  run: Run,
  isDone: () => boolean,
  expected: string,
  msMax?: number,
): Promise<void> => {
  let hasWaited = false;
  const describe = (): string => {
    hasWaited = true;
    return "";
  };
  try {
    await run.world.until(isDone, describe, msMax);
  } catch (error) {
    if (!hasWaited) throw error;
    throw new Violation({ invariant: 3, at: "the end", expected, found: describeRun(run) });
  }
};

const isTabQuiet = (run: Run, { device, host: { state } }: VirtualTab): boolean => {
  const { epoch, revealed, setAside, fillDue, followed, confirmedScope } = state.session;
  const isLevel = epoch !== null && revealed === run.relay.head && setAside === null && !fillDue;
  return isLevel && state.pendingCount === 0 && equalScopes(run.scopeOf(device, followed), confirmedScope);
};

const describeRun = ({ relay, devices }: Run): unknown => ({
  head: relay.head,
  isUp: relay.isUp,
  devices: devices.map(({ name, tabs }) => ({
    name,
    tabs: [...tabs].map((tab) => (tab.isOpen ? describeTab(tab) : "not open")),
  })),
});

const describeTab = ({ host: { state }, events }: VirtualTab): unknown => {
  const { setAside, ...session } = state.session;
  const told = events.findLast(({ type }) => type === "status");
  const status = told?.type === "status" ? { ...told.status, error: told.status.error?.message } : undefined;
  return { ...session, setAsideTo: setAside?.head, unruled: [...state.unruled.keys()], status };
};
