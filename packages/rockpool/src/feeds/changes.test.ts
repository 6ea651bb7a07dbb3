/**
 * A feed of changes as an app meets it: selectors, resuming, what it includes, slow readers, and how
 * it ends.
 */
import { any, rest } from "@rockpool/model";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ChangeItem, ChangesOptions, ChangesSelector } from "./changes.ts";
import type { KvVersion } from "../reads/history.ts";
import type { Kv } from "../kv.ts";
import { openKv } from "../open-kv.ts";

let kv: Kv;
let names = 0;

beforeEach(async () => {
  kv = await openKv(`changes-${names++}`, { history: 3 });
});

afterEach(async () => {
  await kv[Symbol.asyncDispose]();
});

type Reader = ReadableStreamDefaultReader<ChangeItem<unknown>>;

const follow = (selector: ChangesSelector, options: ChangesOptions = {}): Reader =>
  kv.changes(selector, options as { include?: "latest" }).getReader();

const next = async (reader: Reader): Promise<ChangeItem<unknown>> => {
  const { value } = await reader.read();
  if (value === undefined) throw new Error("the feed ended");
  return value;
};

/** An item as text: an update by its values. */
const textOf = (item: ChangeItem<unknown>): string =>
  item.type === "update" ? item.entries.map(({ value }) => JSON.stringify(value)).join(" ") : item.type;

const told = async (reader: Reader, count: number): Promise<readonly string[]> => {
  const texts: string[] = [];
  while (texts.length < count) texts.push(textOf(await next(reader)));
  return texts;
};

const set = (key: readonly (string | number)[], value: unknown): Promise<unknown> => kv.set(key, value);

describe("a feed of changes", () => {
  test.each<[string, ChangesSelector, string]>([
    ["a prefix", { prefix: ["users"] }, '"ada" 36 "bob"'],
    ["a range", { start: ["users", 1, "b"], end: ["users", 2, "z"] }, '"ada" "bob"'],
    ["keys", { keys: [["users", 2, "name"], ["none"], ["users"]] }, '"users" "bob"'],
    ["a pattern of one part", { pattern: ["users", any, "name"] }, '"ada" "bob"'],
    ["a pattern of the rest", { pattern: ["users", 1, rest] }, '36 "ada"'],
    ["a pattern of one key", { pattern: ["users"] }, '"users"'],
  ])("is about %s", async (_, selector, standing) => {
    await kv
      .atomic()
      .set(["users"], "users")
      .set(["users", 1, "age"], 36)
      .set(["users", 1, "name"], "ada")
      .set(["users", 2, "name"], "bob")
      .set(["other"], 0)
      .commit();
    const reader = follow(selector);
    const [first, ready] = await told(reader, 2);
    expect(first?.split(" ").toSorted()).toEqual(standing.split(" ").toSorted());
    expect(ready).toBe("ready");
    await set(["other"], 1);
    await kv.atomic().set(["users"], "all").set(["users", 1, "name"], "all").commit();
    expect((await told(reader, 1))[0]).toMatch(/^"all"( "all")?$/);
  });

  test("resumes after an item, in another tab of the bucket too, with deletions", async () => {
    await set(["a"], 1);
    await set(["b"], 2);
    const reader = follow({ prefix: [] });
    expect(await told(reader, 2)).toEqual(["1 2", "ready"]);
    await set(["c"], 3);
    const { versionstamp } = await next(reader);
    await reader.cancel();
    await kv.delete(["a"]);
    await set(["b"], 4);
    const resumed = follow({ prefix: [] }, { since: versionstamp });
    expect(await told(resumed, 2)).toEqual(["null 4", "ready"]);
    const without = follow({ prefix: [] }, { since: versionstamp, deletes: false });
    expect(await told(without, 2)).toEqual(["4", "ready"]);
  });

  test("says reset where it cannot resume, and gives what stands", async () => {
    await set(["a"], 1);
    const reader = follow({ prefix: [] }, { since: "ffff".padEnd(20, "0") });
    expect(await told(reader, 3)).toEqual(["reset", "1", "ready"]);
    await kv.delete(["a"]);
    await set(["b"], 2);
    const { versionstamp } = (await kv.get(["b"])) as { versionstamp: string };
    await set(["c"], 3);
    await kv.delete(["c"]);
    await kv.purgeDeletes({ olderThanMs: 0 });
    const late = follow({ prefix: [] }, { since: versionstamp });
    expect(await told(late, 3)).toEqual(["reset", "2", "ready"]);
  });

  test("with updates alone is ready at once, also where nothing stands", async () => {
    await set(["a"], 1);
    const reader = follow({ prefix: [] }, { include: "updates" });
    expect(await told(reader, 1)).toEqual(["ready"]);
    await set(["a"], 2);
    expect(await told(reader, 1)).toEqual(["2"]);
    expect(await told(follow({ keys: [] }), 1)).toEqual(["ready"]);
  });

  test("without values gives versionstamps, and null for a deletion", async () => {
    await set(["a"], 1);
    const reader = kv.changes({ prefix: [] }, { values: false }).getReader();
    const item = (await reader.read()).value;
    const { versionstamp } = await kv.get(["a"]);
    expect(item).toMatchObject({ entries: [{ key: ["a"], value: undefined, versionstamp }] });
    await reader.read();
    await kv.delete(["a"]);
    expect((await reader.read()).value).toMatchObject({ entries: [{ value: null, versionstamp: null }] });
  });

  test("gives a reader that was slow the latest of each key, in one item", async () => {
    const reader = follow({ prefix: [] });
    await told(reader, 1);
    await set(["a"], 1);
    for (let round = 2; round < 50; round++) await kv.atomic().set(["a"], round).set(["b"], round).commit();
    const items = [...(await told(reader, 1))];
    if (items[0] !== "49 49") items.push(...(await told(reader, 1)));
    expect(items.at(-1)).toBe("49 49");
    expect(items.length).toBeLessThanOrEqual(2);
  });

  test("ends with its signal's reason, at the call too, and cleanly with its bucket", async () => {
    const aborting = new AbortController();
    const reader = follow({ prefix: [] }, { signal: aborting.signal });
    await told(reader, 1);
    aborting.abort(new Error("enough"));
    await expect(reader.read()).rejects.toThrow("enough");
    await expect(follow({ prefix: [] }, { signal: aborting.signal }).read()).rejects.toThrow("enough");
    const open = follow({ prefix: [] });
    await told(open, 1);
    const last = open.read();
    kv.close();
    expect(await last).toEqual({ done: true, value: undefined });
    expect(() => follow({ prefix: [] })).toThrow(/closed/);
  });

  test.each<[string, () => unknown, string]>([
    [
      "include",
      () => follow({ prefix: [] }, { include: "all" as "latest" }),
      'include must be "latest", "updates" or "history": received "all"',
    ],
    [
      "since",
      () => follow({ prefix: [] }, { since: "12" }),
      'since must be the versionstamp of an item or a commit, 20 hex digits: received "12"',
    ],
    [
      "keys",
      () => follow({ keys: "k" as never }),
      'keys must be an array of at most 10000 keys: received "k"',
    ],
    ["pattern", () => follow({ pattern: [] }), "a pattern must be an array of key parts"],
    ["selector", () => follow({} as { prefix: [] }), "Selector must specify either 'prefix' or both"],
  ])("refuses a wrong %s at the call", (_, call, message) => {
    expect(call).toThrow(TypeError);
    expect(call).toThrow(message);
  });
});

const history = (
  options: ChangesOptions = {},
): ReadableStreamDefaultReader<ChangeItem<unknown, KvVersion<unknown>>> =>
  kv.changes({ prefix: [] }, { ...options, include: "history" }).getReader();

const versionsOf = async (reader: ReturnType<typeof history>): Promise<readonly unknown[]> => {
  const { value: item } = await reader.read();
  return item?.type === "update"
    ? item.entries.map(({ key, type, value }) => `${String(key)} ${type} ${JSON.stringify(value)}`)
    : [item?.type];
};

describe("a feed of the history", () => {
  test("gives every kept version oldest first, then each that is made", async () => {
    for (const value of [0, 1, 2, 3]) await set(["a"], value);
    await set(["b"], "b");
    await kv.delete(["a"]);
    const reader = history();
    expect(await versionsOf(reader)).toEqual(["a set 2", "a set 3", 'b set "b"', "a delete null"]);
    expect(await versionsOf(reader)).toEqual(["ready"]);
    await Promise.all([set(["a"], 4), set(["a"], 5)]);
    const made: unknown[] = [];
    while (made.length < 2) made.push(...(await versionsOf(reader)));
    expect(made).toEqual(["a set 4", "a set 5"]);
  });

  test("gives a slow reader what is still kept, each with its own versionstamp", async () => {
    const reader = history({ deletes: false, values: false });
    expect(await versionsOf(reader)).toEqual(["ready"]);
    for (const value of [1, 2, 3, 4, 5, 6]) await set(["a"], value);
    await kv.delete(["a"]);
    const given: string[] = [];
    const kept = (await kv.history(["a"])).flatMap(({ type, versionstamp }) =>
      type === "set" ? versionstamp : [],
    );
    while (given.at(-1) !== kept.at(-1)) {
      const { value: item } = await reader.read();
      if (item?.type !== "update") throw new Error("no update");
      expect(item.entries.every(({ value, type }) => value === undefined && type === "set")).toBe(true);
      given.push(...item.entries.map(({ versionstamp }) => versionstamp));
    }
    expect(given.slice(-2)).toEqual(kept);
    expect(given).toEqual(given.toSorted());
  });

  test("resumes after a versionstamp", async () => {
    await set(["a"], 1);
    const { versionstamp } = (await kv.get(["a"])) as { versionstamp: string };
    await set(["a"], 2);
    await set(["a"], 3);
    expect(await versionsOf(history({ since: versionstamp }))).toEqual(["a set 2", "a set 3"]);
  });
});
