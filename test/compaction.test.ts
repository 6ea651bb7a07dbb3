/**
 * A tab has a document kept in fewer bytes: all tabs find it so, none is told of it, and what came meanwhile
 * is not lost.
 */
import { createHash } from "node:crypto";
import { Host, type HostEvent, type WholeDocument } from "@rockpool/host";
import { MemoryStorage, openMemoryLog } from "@rockpool/log";
import { packKey, updatesOf } from "@rockpool/model";
import { beforeEach, expect, test } from "vitest";
import { FakeDevice } from "./fake-environment.ts";
import { turn } from "./store/store-device.ts";

const key = packKey(["note"]);

let device: FakeDevice;
let storage: MemoryStorage;
let items: number;

beforeEach(() => {
  device = new FakeDevice();
  storage = new MemoryStorage();
  items = 0;
});

const rest = async (): Promise<void> => {
  for (let turns = 0; turns < 20; turns++) await turn();
};

interface Tab {
  readonly host: Host;
  /** A look at the document with a feed of its own. */
  whole(): Promise<WholeDocument>;
}

const openTab = async (readonly = false): Promise<Tab> => {
  let last: WholeDocument | undefined;
  let feeds = 0;
  const onEvent = (event: HostEvent): void => {
    if (event.type !== "feed" || event.item.type !== "document") return;
    items++;
    if (event.item.whole) last = event.item;
  };
  const options = { bucket: "b", database: "d", durability: "relaxed", readonly } as const;
  const host = await Host.open(await openMemoryLog(storage), device.openTab().environment, options, onEvent);
  await rest();
  const whole = async (): Promise<WholeDocument> => {
    const id = ++feeds;
    host.openFeed(id, { type: "document", key });
    host.pullFeed(id);
    await rest();
    // The rest of the feed is asked for, and comes if there is any.
    host.pullFeed(id);
    await rest();
    if (last === undefined) throw new Error("the feed gave nothing");
    return last;
  };
  return { host, whole };
};

const merge = async ({ host }: Tab, text: string): Promise<void> => {
  const mutations = [{ type: "merge", key, update: new TextEncoder().encode(text) }] as const;
  const [answer] = await host.batch([{ type: "commit", checks: [], mutations }]);
  expect(answer).toMatchObject({ type: "committed" });
  await rest();
};

const textsOf = ({ confirmed }: WholeDocument): readonly string[] =>
  updatesOf(confirmed).map((update) => new TextDecoder().decode(update));

const compactionOf = ({ confirmed, incarnation }: WholeDocument, text: string) => ({
  key,
  incarnation,
  length: confirmed.length,
  digest: createHash("sha256").update(confirmed).digest("hex"),
  update: new TextEncoder().encode(text),
});

test("what a tab merged takes the place of the updates it stands for, and of no others", async () => {
  const [one, other] = [await openTab(), await openTab()];
  for (const text of ["first", "second", "third"]) await merge(one, text);
  const seen = await one.whole();
  const compaction = compactionOf(seen, "first three");
  await merge(other, "fourth");
  const told = items;
  expect(await one.host.call("compact", compaction)).toBe(true);
  await rest();
  expect(items).toBe(told);
  expect(textsOf(await other.whole())).toEqual(["first three", "fourth"]);
  expect(await other.host.call("compact", compaction)).toBe(false);
  await merge(other, "fifth");
  expect(textsOf(await one.whole())).toEqual(["first three", "fourth", "fifth"]);
});

test("a document that was deleted and made again is left as it is, and so is all by a tab that only reads", async () => {
  const [one, reader] = [await openTab(), await openTab(true)];
  for (const text of ["first", "second"]) await merge(one, text);
  const compaction = compactionOf(await one.whole(), "both");
  expect(await reader.host.call("compact", compaction)).toBe(false);
  await one.host.batch([{ type: "commit", checks: [], mutations: [{ type: "delete", key }] }]);
  for (const text of ["first", "second"]) await merge(one, text);
  expect(await one.host.call("compact", compaction)).toBe(false);
  expect(textsOf(await one.whole())).toEqual(["first", "second"]);
});
