/**
 * Presence on a device: every tab hears who is at the documents that it attends, and of their end, however it
 * comes; the tab that carries the session speaks to the relay for all of them.
 */
import { Host, type HostEvent } from "@rockpool/host";
import { MemoryStorage, openMemoryLog } from "@rockpool/log";
import { awareBytesMax, packKey, zeroStamp } from "@rockpool/model";
import { type Aware, decodeUp, type DownMessage, encodeDown, type UpMessage } from "@rockpool/protocol";
import { welcomeWith } from "@rockpool/protocol/hello-fixture";
import { beforeEach, describe, expect, test } from "vitest";
import { FakeDevice, type FakeTab } from "./fake-environment.ts";
import { turn } from "./store/store-device.ts";

const note = packKey(["note"]);
const other = packKey(["other"]);

interface Tab extends FakeTab {
  readonly host: Host;
  /** What it heard: `remote` of the relay. */
  readonly heard: string[];
}

interface Line {
  readonly sent: UpMessage[][];
  say(...messages: readonly DownMessage[]): void;
  drop(): void;
}

let device: FakeDevice;
let storage: MemoryStorage;
let lines: Line[];
let unsentBytes: number;

beforeEach(() => {
  storage = new MemoryStorage();
  lines = [];
  unsentBytes = 0;
  device = new FakeDevice({
    random: () => Math.random(),
    openSocket: (_url, { onOpen, onFrame, onClose }) => {
      const sent: UpMessage[][] = [];
      let isOpen = true;
      const say = (...messages: readonly DownMessage[]): void => {
        if (isOpen) onFrame(encodeDown(messages));
      };
      lines.push({ sent, say, drop: () => onClose(false, "the line is cut") });
      queueMicrotask(onOpen);
      const patch = { from: 0, to: 0, head: 0, upToDate: true, entries: [], results: [], stamp: zeroStamp };
      return {
        send: (frame) => {
          const messages = decodeUp(frame);
          sent.push([...messages]);
          if (messages[0]?.type !== "hello") return;
          const welcome = welcomeWith({ clockMs: device.nowMs, helloClockMs: device.nowMs });
          queueMicrotask(() => say(welcome, { type: "patch", epoch: "e1", scope: welcome.scope, patch }));
        },
        unsentBytes: () => unsentBytes,
        close: () => {
          isOpen = false;
        },
      };
    },
  });
});

/** Lets everything come to rest. */
const rest = async (): Promise<void> => {
  for (let turns = 0; turns < 20; turns++) await turn();
};

const pass = async (ms: number): Promise<void> => {
  await rest();
  for (let passedMs = 0; passedMs < ms; passedMs += 50) {
    device.advance(50);
    await rest();
  }
};

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (update: Uint8Array): string => new TextDecoder().decode(update);

const openTab = async ({ relay = false, hidden = false } = {}): Promise<Tab> => {
  const tab = device.openTab();
  const heard: string[] = [];
  const onEvent = (event: HostEvent): void => {
    if (event.type === "presence") heard.push(event.news);
    if (event.type === "aware") heard.push(`${event.isRemote ? "remote " : ""}${textOf(event.update)}`);
  };
  const open = { bucket: "b", database: "d", durability: "relaxed", hidden } as const;
  const options = relay ? { ...open, relay: "ws://relay.invalid/" } : open;
  const host = await Host.open(await openMemoryLog(storage), tab.environment, options, onEvent);
  await rest();
  return { ...tab, host, heard };
};

const attend = async ({ host }: Tab, ...keys: readonly (typeof note)[]): Promise<void> => {
  await host.call("attend", { keys });
  await rest();
};

const say = async ({ host }: Tab, text: string, key = note, source = 1): Promise<void> => {
  await host.call("aware", { key, source, update: bytes(text), end: bytes(`no ${text}`) });
  await rest();
};

const heardBy = ({ heard }: Tab): readonly string[] => heard.splice(0);

const isPresence = ({ type }: UpMessage): boolean => type === "attend" || type === "aware";

/** The frames about presence that the relay was sent since this was asked last. */
const toRelay = (line: Line | undefined): readonly string[] =>
  (line?.sent.splice(0) ?? [])
    .filter((frame) => frame.some(isPresence))
    .map((frame) => frame.map(inShort).join(", "));

const inShort = (message: UpMessage): string => {
  if (message.type === "aware") return textOf(message.update);
  if (message.type !== "attend") return message.type;
  return `attends ${message.keys.length === 0 ? "nothing" : message.keys.map((key) => (key === note ? "note" : "other")).join(" ")}`;
};

const aware = (text: string, key = note): Aware => ({ type: "aware", key, update: bytes(text) });

describe("among the tabs of a device", () => {
  test("a tab hears who is present at what it attends, and at nothing else", async () => {
    const [ada, bob, eve] = [await openTab(), await openTab(), await openTab()];
    await attend(ada, note);
    await attend(bob, note, other);
    await attend(eve, other);
    await say(ada, "ada");
    expect([heardBy(ada), heardBy(bob), heardBy(eve)]).toEqual([[], ["ada"], []]);
    await attend(bob, other);
    await say(ada, "ada again");
    expect(heardBy(bob)).toEqual([]);
  });

  test("who comes later is told who is there", async () => {
    const ada = await openTab();
    await attend(ada, note);
    await say(ada, "ada");
    await say(ada, "ada moved");
    await say(ada, "a second of ada's", note, 2);
    const bob = await openTab();
    await attend(bob, note);
    expect(heardBy(bob)).toEqual(["ada moved", "a second of ada's"]);
  });

  test("who leaves a document says so, and is there no more for those who come", async () => {
    const [ada, bob, eve] = [await openTab(), await openTab(), await openTab()];
    await attend(bob, note);
    await say(ada, "ada");
    await ada.host.call("aware", { key: note, source: 1, update: bytes("ada leaves") });
    await rest();
    await attend(eve, note);
    expect([heardBy(bob), heardBy(eve)]).toEqual([["ada", "ada leaves"], []]);
  });

  test.each([
    ["is closed", ({ host }: Tab) => host.close()],
    ["dies without a word", async ({ kill }: Tab) => kill()],
    ["goes, perhaps to come back", ({ host }: Tab) => host.call("rest", {})],
  ])("a tab that %s ends what it said for the others", async (_, end) => {
    const [ada, bob, eve] = [await openTab(), await openTab(), await openTab()];
    await attend(bob, note);
    await attend(eve, other);
    await say(ada, "ada");
    await end(ada);
    await rest();
    expect([heardBy(bob), heardBy(eve)]).toEqual([["ada", "no ada"], []]);
    await attend(eve, note);
    expect(heardBy(eve)).toEqual([]);
  });

  test("a tab that comes back is asked to say anew who is present in it", async () => {
    const [ada, bob] = [await openTab(), await openTab()];
    await attend(ada, note);
    await attend(bob, note);
    await say(bob, "bob");
    await ada.host.call("rest", {});
    heardBy(ada);
    await ada.host.call("wake", { visible: true });
    await rest();
    expect(heardBy(ada)).toEqual(["asked", "bob"]);
  });

  test("more than 64 KiB are refused, and nobody hears of them", async () => {
    const [ada, bob] = [await openTab(), await openTab()];
    await attend(bob, note);
    const update = new Uint8Array(awareBytesMax + 1);
    await expect(ada.host.call("aware", { key: note, source: 1, update })).rejects.toThrow(TypeError);
    await rest();
    expect(heardBy(bob)).toEqual([]);
  });

  test("nothing of it comes into the log", async () => {
    const [ada, bob] = [await openTab(), await openTab()];
    const { tail } = ada.host.state;
    await attend(bob, note);
    await say(ada, "ada");
    await ada.host.close();
    await rest();
    expect(bob.host.state.tail).toBe(tail);
  });
});

describe("with a relay", () => {
  test("the tab with the session speaks for all, and passes on what it hears to those who attend it", async () => {
    const [ada, bob] = [await openTab({ relay: true }), await openTab({ relay: true })];
    await attend(bob, note);
    await say(bob, "bob");
    await pass(500);
    expect(toRelay(lines[0])).toEqual(["attends note", "bob"]);
    lines[0]?.say(aware("carol"));
    await rest();
    expect([heardBy(ada), heardBy(bob)]).toEqual([[], ["remote carol"]]);
    await attend(ada, note);
    await pass(500);
    // Who is there elsewhere is told to the newcomer by the relay.
    expect(toRelay(lines[0])).toEqual(["attends note"]);
    lines[0]?.say(aware("carol"));
    await rest();
    expect([heardBy(ada), heardBy(bob)]).toEqual([["bob", "remote carol"], ["remote carol"]]);
  });

  test("sends of each the latest alone, in frames with a pause between", async () => {
    const ada = await openTab({ relay: true });
    await attend(ada, note, other);
    await pass(500);
    toRelay(lines[0]);
    for (let at = 0; at < 50; at++) {
      await say(ada, `at ${at}`);
      await say(ada, `elsewhere at ${at}`, other);
    }
    await pass(1000);
    expect(toRelay(lines[0])).toEqual(["at 0", "elsewhere at 49, at 49"]);
  });

  test("puts no more than 64 KiB into one frame", async () => {
    const ada = await openTab({ relay: true });
    await attend(ada, note);
    await pass(500);
    toRelay(lines[0]);
    for (const source of [1, 2, 3]) await say(ada, `${source}${"x".repeat(40_000)}`, note, source);
    await pass(1000);
    expect(toRelay(lines[0]).map((frame) => frame.length)).toEqual([40_001, 40_001, 40_001]);
  });

  test("leaves a socket that is full to commits", async () => {
    const ada = await openTab({ relay: true });
    await attend(ada, note);
    await pass(500);
    toRelay(lines[0]);
    unsentBytes = 100_000;
    await say(ada, "ada");
    await say(ada, "ada moved");
    await pass(1000);
    expect(toRelay(lines[0])).toEqual([]);
    unsentBytes = 0;
    await pass(200);
    expect(toRelay(lines[0])).toEqual(["ada moved"]);
  });

  test("tells the relay of the end of a tab that died", async () => {
    const [ada, bob] = [await openTab({ relay: true }), await openTab({ relay: true })];
    await attend(ada, other);
    await attend(bob, note);
    await say(bob, "bob");
    await pass(500);
    toRelay(lines[0]);
    bob.kill();
    await pass(500);
    expect(toRelay(lines[0]).join(", ")).toBe("no bob, attends other");
  });

  test("says it all again after a reconnection, and asks the tabs to say it anew", async () => {
    const [ada, bob] = [await openTab({ relay: true }), await openTab({ relay: true })];
    await attend(ada, note);
    await attend(bob, other);
    await say(ada, "ada");
    await say(bob, "bob", other);
    await pass(500);
    [ada, bob].forEach(heardBy);
    lines[0]?.drop();
    await rest();
    expect([ada, bob].map(heardBy)).toEqual([["unheard"], ["unheard"]]);
    await pass(5000);
    expect([ada, bob].map(heardBy)).toEqual([["asked"], ["asked"]]);
    expect(lines).toHaveLength(2);
    expect(toRelay(lines[1]).join(", ").split(", ").toSorted()).toEqual(
      expect.arrayContaining(["ada", "attends note other", "bob"]),
    );
  });

  test("a tab that takes the session over says what the others say", async () => {
    const holder = await openTab({ relay: true });
    const [ada, bob] = [await openTab({ relay: true }), await openTab({ relay: true })];
    await attend(ada, note);
    await attend(bob, other);
    await say(ada, "ada");
    await say(bob, "bob", other);
    await say(holder, "holder");
    await pass(500);
    holder.kill();
    await pass(10_000);
    expect(lines).toHaveLength(2);
    const said = toRelay(lines[1]).join(", ").split(", ");
    expect(new Set(said)).toEqual(new Set(["attends note other", "ada", "bob"]));
    expect([ada, bob].map((tab) => heardBy(tab).at(-1))).toEqual(["asked", "asked"]);
  });

  test("tabs without presence hear nothing of it", async () => {
    const ada = await openTab({ relay: true });
    await pass(500);
    lines[0]?.say(aware("carol"));
    lines[0]?.drop();
    await pass(5000);
    expect(heardBy(ada)).toEqual([]);
    expect(lines.map((line) => toRelay(line))).toEqual([[], []]);
  });
});
