/**
 * For tests: the part of the suite of engines that is about scopes: pages of a fill, and patches of
 * less than the whole bucket.
 */
import {
  createScope,
  createStamp,
  isInScope,
  packKey,
  retentionMs,
  wholeBucket,
  zeroStamp,
  type Key,
  type Mutation,
  type PackedKey,
  type PatchEntry,
  type Scope,
} from "@rockpool/model";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { commitOf, key, remove, set, testNowMs, text } from "./commit-fixture.ts";
import { openBucketOf, readAll, ruleOn, sweepAt, type OpenEngine } from "./engine-fixture.ts";
import type { Engine, Page } from "./engine.ts";

const size = { entriesMax: 1000, bytesMax: 1_000_000 };
const scopeOf = (...prefixes: readonly Key[]): Scope =>
  createScope(prefixes.map((prefix) => packKey(prefix)));
const setAt = (at: Key): Mutation => ({ type: "set", key: packKey(at), value: text("x") });

const readPages = async (engine: Engine, scope: Scope, limits: Partial<typeof size>): Promise<Page[]> => {
  const pages: Page[] = [];
  for (let after: PackedKey | null = packKey([]); after !== null; after = pages.at(-1)?.next ?? null) {
    pages.push(await engine.readPage("b", { scope, after, ...size, ...limits }));
  }
  return pages;
};

/** Pages, and patches of a scope. */
export const describePages = (name: string, open: OpenEngine): void => {
  describe(`engine ${name}: pages`, () => {
    test("hold the entries by key, without tombstones, at the head, with the highest stamp of both", async () => {
      await using engine = await openBucketOf(open);
      await ruleOn(
        engine,
        commitOf("a", 1, [set("b", "1", 5), set("gone", "1")], { atMs: 7 }),
        commitOf("a", 2, [set("a", "2"), remove("gone")], { atMs: 8 }),
        commitOf("a", 3, [remove("never")], { atMs: 9 }),
      );
      expect(await engine.readPage("b", { scope: wholeBucket, after: packKey([]), ...size })).toEqual({
        entries: [
          { key: key("a"), value: text("2"), revision: 2 },
          { key: key("b"), value: text("1"), expireAt: 5, revision: 1 },
        ],
        next: null,
        head: 3,
        stamp: createStamp(testNowMs + 9, 0, "a"),
      });
    });

    test("hold the scope alone: the key of a prefix and what is below it", async () => {
      await using engine = await openBucketOf(open);
      const keys: readonly Key[] = [["a"], ["a", 1], ["a\u0000b"], ["ab"], ["b"], ["c", "x"], ["d"]];
      await ruleOn(engine, commitOf("a", 1, keys.map(setAt)));
      const keysIn = async (scope: Scope) =>
        (await readPages(engine, scope, { entriesMax: 1 })).flatMap(({ entries }) =>
          entries.map((entry) => entry.key),
        );
      expect(await keysIn(scopeOf(["a"], ["c"]))).toEqual([["a"], ["a", 1], ["c", "x"]].map(packKey));
      expect(await keysIn(scopeOf())).toEqual([]);
      expect(await keysIn(wholeBucket)).toHaveLength(keys.length);
    });

    test.each([
      ["entries", { entriesMax: 3 }],
      ["bytes", { bytesMax: 60 }],
    ])("by %s are as many as it takes, and leave nothing out", async (_, limits) => {
      await using engine = await openBucketOf(open);
      const names = Array.from({ length: 20 }, (_, index) => `${index}`).toSorted();
      await ruleOn(
        engine,
        commitOf(
          "a",
          1,
          names.map((each) => set(each, "some text")),
        ),
      );
      const pages = await readPages(engine, wholeBucket, limits);
      expect(pages.length).toBeGreaterThan(4);
      expect(pages.flatMap(({ entries }) => entries.map((entry) => entry.key))).toEqual(names.map(key));
      expect(pages.slice(0, -1).map(({ next, entries }) => next === entries.at(-1)?.key)).not.toContain(
        false,
      );
    });

    test("are read anew each time: what was added is in them, what was forgotten hides nothing", async () => {
      await using engine = await openBucketOf(open);
      const keys = async () =>
        (await readPages(engine, wholeBucket, {})).flatMap(({ entries }) =>
          entries.map((entry) => entry.key),
        );
      await ruleOn(engine, commitOf("a", 1, [set("b", "x"), remove("c"), set("d", "x")]));
      expect(await keys()).toEqual([key("b"), key("d")]);
      await ruleOn(engine, commitOf("a", 2, [set("a", "x")]));
      expect(await keys()).toEqual([key("a"), key("b"), key("d")]);
      expect(await engine.sweep("b", sweepAt(retentionMs + 1))).toMatchObject({ floor: 1 });
      expect(await keys()).toEqual([key("a"), key("b"), key("d")]);
    });

    test("pass by a bounded number of tombstones, even if a page stays empty", async () => {
      await using engine = await openBucketOf(open);
      const names = Array.from({ length: 100 }, (_, index) => `${index}`);
      await ruleOn(engine, commitOf("a", 1, [...names.map((each) => remove(each)), set("z", "x")]));
      const pages = await readPages(engine, wholeBucket, { entriesMax: 2 });
      expect(pages.length).toBeGreaterThan(4);
      expect(pages.flatMap(({ entries }) => entries)).toHaveLength(1);
    });
  });

  describe(`engine ${name}: patches of a scope`, () => {
    test("leave out what is outside, its stamp too, and carry all results", async () => {
      await using engine = await openBucketOf(open);
      const commits = [
        commitOf("a", 1, [setAt(["in", 1])], { atMs: 1 }),
        commitOf("a", 2, [setAt(["out", 1])], { atMs: 5 }),
        commitOf("a", 3, [{ type: "delete", key: packKey(["in", 2]) }], { atMs: 3 }),
      ];
      await ruleOn(engine, ...commits);
      const query = { ...size, scope: scopeOf(["in"]) };
      const patch = await engine.readPatch("b", "replica-a", 0, query);
      expect(patch).toMatchObject({ from: 0, to: 3, upToDate: true, stamp: commits[2]?.stamp });
      expect(patch.entries.map((entry) => [entry.key, entry.revision])).toEqual([
        [packKey(["in", 1]), 1],
        [packKey(["in", 2]), 3],
      ]);
      expect(patch.results).toHaveLength(3);
      const nothing = await engine.readPatch("b", "replica-a", 0, { ...size, scope: [] });
      expect(nothing).toMatchObject({ to: 3, entries: [], stamp: zeroStamp });
      expect(nothing.results).toHaveLength(3);
    });

    test("move on past what is outside in bounded parts", async () => {
      await using engine = await openBucketOf(open);
      const commits = Array.from({ length: 50 }, (_, index) =>
        commitOf("a", index + 1, [setAt(["out", index])]),
      );
      await ruleOn(engine, ...commits);
      const query = { entriesMax: 2, bytesMax: 1_000_000, scope: scopeOf(["in"]) };
      const first = await engine.readPatch("b", "nobody", 0, query);
      expect(first).toMatchObject({ from: 0, to: 20, head: 50, upToDate: false, entries: [] });
    });

    test("leave out entries up to a revision, not results", async () => {
      await using engine = await openBucketOf(open);
      await ruleOn(engine, commitOf("a", 1, [set("j", "x")]), commitOf("a", 2, [set("k", "x")]));
      const patch = await engine.readPatch("b", "replica-a", 0, { ...size, entriesAfter: 1 });
      expect(patch.entries.map(({ revision }) => revision)).toEqual([2]);
      expect(patch.results.map(({ revision }) => revision)).toEqual([1, 2]);
    });
  });

  test(`engine ${name}: pages read while others write, and the patches behind them, are the bucket`, async () => {
    const place = fc.tuple(fc.constantFrom("a", "b", "c"), fc.nat(5));
    const writes = fc.array(fc.record({ place, isDelete: fc.boolean() }), { maxLength: 30 });
    const prefixes = fc.array(fc.constantFrom<Key>([], ["a"], ["b"], ["b", 2], ["c"]), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(writes, writes, prefixes, async (before, meanwhile, chosen) => {
        await using engine = await openBucketOf(open);
        let made = 0;
        const write = async ({ place: at, isDelete }: (typeof before)[number]): Promise<void> => {
          const mutation: Mutation = isDelete ? { type: "delete", key: packKey(at) } : setAt(at);
          made++;
          await ruleOn(engine, commitOf("a", made, [mutation], { atMs: made }));
        };
        for (const each of before) await write(each);
        const scope = scopeOf(...chosen);
        const shown = new Map<string, PatchEntry>();
        let filledTo: number | undefined;
        const left = [...meanwhile];
        for (let after: PackedKey | null = packKey([]); after !== null;) {
          const page: Page = await engine.readPage("b", { ...size, scope, after, entriesMax: 2 });
          filledTo ??= page.head;
          for (const entry of page.entries) shown.set(entry.key, entry);
          after = page.next;
          for (const each of left.splice(0, 3)) await write(each);
        }
        const patch = await engine.readPatch("b", "nobody", 0, {
          ...size,
          scope,
          entriesAfter: filledTo ?? 0,
        });
        for (const entry of patch.entries) {
          if (entry.value === undefined) shown.delete(entry.key);
          else shown.set(entry.key, entry);
        }
        const all = (await readAll(engine)).entries.filter(({ value }) => value !== undefined);
        const expected = all.filter((entry) => isInScope(scope, entry.key));
        expect(shown).toEqual(new Map(expected.map((entry) => [entry.key, entry])));
      }),
      { numRuns: 40 },
    );
  });
};
