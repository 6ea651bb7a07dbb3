/**
 * Which tab of a device carries the session: a visible one, and never for long one that is frozen.
 */
import { Host, type HostEvent } from "@rockpool/host";
import { MemoryStorage, openMemoryLog } from "@rockpool/log";
import { channelOf, packKey } from "@rockpool/model";
import { beforeEach, expect, test } from "vitest";
import { FakeDevice, type FakeTab } from "./fake-environment.ts";
import { turn } from "./store/store-device.ts";

interface Tab extends FakeTab {
  readonly host: Host;
  /** True while the tab says that it carries the session. */
  isSyncing(): boolean;
}

let device: FakeDevice;
let storage: MemoryStorage;
/** Sockets opened, and those open now. */
let opened: number;
let open: number;
/** Whether tabs hear each other. */
let isDeaf: boolean;

beforeEach(() => {
  [opened, open, isDeaf] = [0, 0, false];
  storage = new MemoryStorage();
  device = new FakeDevice({
    isLost: () => isDeaf,
    openSocket: () => {
      [opened, open] = [opened + 1, open + 1];
      return {
        send: () => {},
        close: () => {
          open--;
        },
      };
    },
  });
});

/** Lets everything come to rest. */
const rest = async (): Promise<void> => {
  for (let turns = 0; turns < 20; turns++) await turn();
};

const pass = async (ms: number, stepMs = 500): Promise<void> => {
  await rest();
  for (let passedMs = 0; passedMs < ms; passedMs += stepMs) {
    device.advance(Math.min(stepMs, ms - passedMs));
    await rest();
  }
};

const openTab = async (hidden = false): Promise<Tab> => {
  const tab = device.openTab();
  let isSyncing = false;
  const onEvent = (event: HostEvent): void => {
    if (event.type === "status") isSyncing = event.status.syncing;
  };
  const options = {
    bucket: "b",
    database: "d",
    relay: "ws://relay.invalid/",
    durability: "relaxed",
    hidden,
  } as const;
  const host = await Host.open(await openMemoryLog(storage), tab.environment, options, onEvent);
  await rest();
  return { ...tab, host, isSyncing: () => isSyncing };
};

const show = (tab: Tab): Promise<undefined> => tab.host.call("wake", { visible: true });
const hide = (tab: Tab): Promise<undefined> => tab.host.call("hide", {});

const commit = async (tab: Tab): Promise<void> => {
  const mutations = [{ type: "set", key: packKey(["k"]), value: { encoding: "json", data: "1" } }] as const;
  await tab.host.batch([{ type: "commit", checks: [], mutations }]);
  await rest();
};

/** Which of the tabs say that they carry the session. */
const syncing = (...tabs: readonly Tab[]): readonly boolean[] => tabs.map((tab) => tab.isSyncing());

test("a hidden tab carries the session while no visible one is there, and hands it over", async () => {
  const first = await openTab(true);
  const second = await openTab(true);
  await pass(60_000);
  expect(syncing(first, second)).toEqual([true, false]);
  const visible = await openTab();
  await pass(1000);
  expect(syncing(first, second, visible)).toEqual([false, false, true]);
  visible.kill();
  await pass(1000);
  expect(syncing(first, second).filter(Boolean)).toHaveLength(1);
});

test("the session goes to the tab that is looked at, from the one that is not any more", async () => {
  const one = await openTab();
  const other = await openTab(true);
  await pass(10_000);
  expect(syncing(one, other)).toEqual([true, false]);
  await Promise.all([hide(one), show(other)]);
  await pass(1000);
  expect(syncing(one, other)).toEqual([false, true]);
});

test("of two visible tabs the one that carries the session keeps it", async () => {
  const one = await openTab();
  const other = await openTab();
  await commit(other);
  await pass(120_000);
  expect(syncing(one, other)).toEqual([true, false]);
});

test("the session leaves a tab that is hidden for another that is visible all the while", async () => {
  const one = await openTab();
  const other = await openTab();
  await pass(7000);
  await hide(one);
  await pass(1000);
  expect(syncing(one, other)).toEqual([false, true]);
});

test("a tab that is looked at again before it handed the session over keeps it", async () => {
  const one = await openTab();
  const other = await openTab();
  await pass(3500);
  await hide(one);
  await pass(1000);
  await show(one);
  await pass(10_000);
  expect(syncing(one, other)).toEqual([true, false]);
});

test("looking at two tabs in turn does not make them connect in turn", async () => {
  const tabs = [await openTab(), await openTab(true)] as const;
  const before = opened;
  // Their attempts to connect fail meanwhile, which is not what is counted.
  let handovers = 0;
  let last = syncing(...tabs).join();
  for (let second = 0; second < 60; second++) {
    const [shown, hidden] = second % 2 === 0 ? [tabs[1], tabs[0]] : tabs;
    await Promise.all([hide(hidden), show(shown)]);
    await pass(1000);
    const now = syncing(...tabs).join();
    if (now !== last) handovers++;
    last = now;
  }
  expect(handovers).toBeLessThanOrEqual(60 / 5);
  expect(opened).toBeGreaterThan(before);
});

test("a frozen holder is robbed by a visible tab that waits for it, and stops when it is thawed", async () => {
  const frozen = await openTab();
  const hidden = await openTab(true);
  await hide(frozen);
  frozen.freeze();
  await commit(hidden);
  await pass(60_000);
  expect(syncing(frozen, hidden)).toEqual([true, false]);
  const visible = await openTab();
  await pass(2500);
  expect(syncing(frozen, visible)).toEqual([true, false]);
  await pass(1000);
  expect(syncing(frozen, visible)).toEqual([true, true]);
  frozen.thaw();
  await pass(1000);
  expect(syncing(frozen, hidden, visible)).toEqual([false, false, true]);
  expect(open).toBe(1);
  // It is in the queue again.
  visible.kill();
  hidden.kill();
  await pass(1000);
  expect(syncing(frozen)).toEqual([true]);
});

test("a holder that freezes in front of an open visible tab is robbed once that one commits", async () => {
  const frozen = await openTab();
  const visible = await openTab();
  await pass(10_000);
  frozen.freeze();
  await commit(visible);
  await pass(3500);
  expect(syncing(frozen, visible)).toEqual([true, true]);
  frozen.thaw();
  await pass(1000);
  expect(syncing(frozen, visible)).toEqual([false, true]);
  expect(open).toBe(1);
});

test("a holder that freezes in front of a visible tab that only reads is robbed within a minute", async () => {
  const frozen = await openTab();
  const visible = await openTab();
  await pass(10_000);
  frozen.freeze();
  await pass(60_000);
  expect(syncing(frozen, visible)).toEqual([true, true]);
});

test("a tab that slept while it waited for the answer does not take the holder for hung", async () => {
  const holder = await openTab();
  const other = await openTab();
  await pass(20_000);
  const mutations = [{ type: "set", key: packKey(["k"]), value: { encoding: "json", data: "1" } }] as const;
  holder.freeze();
  await other.host.batch([{ type: "commit", checks: [], mutations }]);
  await rest();
  device.sleep(60 * 60_000);
  await rest();
  holder.thaw();
  await pass(5000);
  expect(syncing(holder, other)).toEqual([true, false]);
});

test("tabs that never hear each other rob each other ever more seldom", async () => {
  const tabs = [await openTab(), await openTab()] as const;
  isDeaf = true;
  let thefts = 0;
  let last = syncing(...tabs).join();
  await commit(tabs[0]);
  await commit(tabs[1]);
  for (let second = 0; second < 2 * 60 * 60; second++) {
    await pass(1000, 1000);
    const now = syncing(...tabs).join();
    if (now !== last) thefts++;
    last = now;
  }
  // In two hours each of them robs the other after 30 s, 1 min, 2 min …
  expect(thefts).toBeGreaterThan(4);
  expect(thefts).toBeLessThan(20);
});

test("a page that goes gives the session up, and has it again when it is back alone", async () => {
  const going = await openTab();
  const other = await openTab(true);
  await pass(1000);
  await going.host.call("rest", {});
  await hide(going);
  await pass(1000);
  expect(syncing(going, other)).toEqual([false, true]);
  other.kill();
  // What others do or say does not bring it back.
  const brief = await openTab();
  await pass(1000);
  await brief.host.call("pause", { paused: true });
  await brief.host.call("pause", { paused: false });
  brief.kill();
  await pass(60_000);
  expect(syncing(going)).toEqual([false]);
  await show(going);
  await pass(1000);
  expect(syncing(going)).toEqual([true]);
});

test("a tab that is closed while it resumes never asks for the session again", async () => {
  const [first, second] = [await openTab(), await openTab(true)];
  await pass(1000);
  expect(syncing(first, second)).toEqual([true, false]);
  const resuming = first.host.call("pause", { paused: false });
  await Promise.all([resuming, first.host.close()]);
  await pass(60_000);
  expect(second.isSyncing()).toBe(true);
});

test("a tab that is being opened asks for no session, whatever the others say", async () => {
  const first = device.openTab();
  const options = { bucket: "b", database: "d", durability: "relaxed" } as const;
  // It holds what the second tab is to hand over to the relay, which takes a while.
  const alone = await Host.open(await openMemoryLog(storage), first.environment, options, () => {});
  const mutations = [{ type: "set", key: packKey(["k"]), value: { encoding: "json", data: "1" } }] as const;
  await alone.batch([{ type: "commit", checks: [], mutations }]);
  const others = first.environment.openChannel(channelOf("d"));
  const tab = device.openTab();
  const isAsked = async (): Promise<boolean> => {
    const { held = [], pending = [] } = await tab.environment.locks.query();
    return [...held, ...pending].some(({ name }) => name === "rockpool:sync:d");
  };
  const hasRelay = (): boolean => storage.image.rows.some(({ type }) => type === "attach");
  const relay = "ws://relay.invalid/";
  const opening = Host.open(await openMemoryLog(storage), tab.environment, { ...options, relay }, () => {});
  let looks = 0;
  for (; !hasRelay(); looks++) {
    others.post({ type: "resume" });
    await turn();
    const wasAsked = await isAsked();
    expect([wasAsked, hasRelay()]).not.toEqual([true, false]);
  }
  expect(looks).toBeGreaterThan(2);
  const host = await opening;
  await rest();
  expect(await isAsked()).toBe(true);
  await host.close();
});
