/**
 * For tests: the part of the suite of engines that is about patches: the history, read in parts.
 */
import { zeroStamp, type Patch } from "@rockpool/model";
import { describe, expect, test } from "vitest";
import { commitOf, key, remove, set, text, turnOf } from "./commit-fixture.ts";
import { openBucketOf, readAll, ruleOn, type OpenEngine } from "./engine-fixture.ts";

/** Patches, whole and in parts. */
export const describePatches = (name: string, open: OpenEngine): void => {
  describe(`engine ${name}: patches`, () => {
    test("hold each entry in its latest version alone, and tombstones", async () => {
      await using engine = await openBucketOf(open);
      await ruleOn(
        engine,
        commitOf("a", 1, [set("k", "1"), set("j", "1")]),
        commitOf("a", 2, [remove("j")]),
        commitOf("a", 3, [set("k", "3")]),
      );
      const { entries } = await readAll(engine);
      expect(entries).toEqual([
        { key: key("j"), revision: 2 },
        { key: key("k"), value: text("3"), revision: 3 },
      ]);
      expect((await readAll(engine, "nobody", 2)).entries).toEqual(entries.slice(1));
    });

    test("carry the results of the replica in their span, whichever host pushed them, and no other's", async () => {
      await using engine = await openBucketOf(open);
      const pushes = [
        { replica: "r", commit: commitOf("tab1", 1, []) },
        { replica: "s", commit: commitOf("x", 1, []) },
        { replica: "r", commit: commitOf("tab2", 1, []) },
      ];
      await engine.rule("b", turnOf(...pushes));
      expect(
        (await readAll(engine, "r")).results.map(({ name: { host }, revision }) => [host, revision]),
      ).toEqual([
        ["tab1", 1],
        ["tab2", 3],
      ]);
      expect((await readAll(engine, "r", 1)).results).toHaveLength(1);
      expect((await readAll(engine, "nobody")).results).toEqual([]);
    });

    test("carry the results of hosts that took turns in order, in parts too", async () => {
      await using engine = await openBucketOf(open);
      const turns = [
        ["x", "y", "x", "z", "y"],
        ["y", "x"],
        ["z", "x", "z"],
      ];
      const made = new Map<string, number>();
      for (const hosts of turns) {
        const pushes = hosts.map((host) => {
          made.set(host, (made.get(host) ?? 0) + 1);
          return { replica: "r", commit: commitOf(host, made.get(host) ?? 0, []) };
        });
        await engine.rule("b", turnOf(...pushes));
      }
      const results: Patch["results"][number][] = [];
      for (let from = 0; from < 10;) {
        const part = await engine.readPatch("b", "r", from, { entriesMax: 3, bytesMax: 1_000_000 });
        results.push(...part.results);
        from = part.to;
      }
      expect(results.map(({ revision }) => revision)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
      expect(results.map(({ name: { host } }) => host)).toEqual(turns.flat());
    });

    test("carry to each replica its own results, even of one host in one turn", async () => {
      await using engine = await openBucketOf(open);
      const pushes = ["r", "s", "r"].map((replica, index) => ({
        replica,
        commit: commitOf("x", index + 1, []),
      }));
      await engine.rule("b", turnOf(...pushes));
      const revisionsFor = async (replica: string) =>
        (await readAll(engine, replica)).results.map(({ revision }) => revision);
      expect([await revisionsFor("r"), await revisionsFor("s")]).toEqual([[1, 3], [2]]);
    });

    test("do not carry the result of a first attempt that was never pushed", async () => {
      await using engine = await openBucketOf(open);
      await ruleOn(engine, commitOf("a:3", 1, [], { tag: "a-3" }));
      expect((await readAll(engine, "replica-a")).results.map(({ name: { host } }) => host)).toEqual(["a:3"]);
      expect((await readAll(engine, "")).results).toEqual([]);
    });

    test("name the highest stamp among their entries", async () => {
      await using engine = await openBucketOf(open);
      const high = commitOf("a", 1, [set("k", "x")], { atMs: 9 });
      await ruleOn(engine, high, commitOf("b", 1, [set("j", "x")], { atMs: 1 }));
      expect((await readAll(engine)).stamp).toBe(high.stamp);
      expect((await readAll(engine, "nobody", 2)).stamp).toBe(zeroStamp);
    });

    test.each([
      ["entries", { entriesMax: 4, bytesMax: 1_000_000 }],
      ["bytes", { entriesMax: 1000, bytesMax: 60 }],
    ])(
      "in parts by %s never split a revision, and say at the end alone that it is the end",
      async (_, size) => {
        await using engine = await openBucketOf(open);
        const counts = [3, 1, 9, 1, 1, 1, 2, 5];
        const commits = counts.map((count, at) =>
          commitOf(
            "a",
            at + 1,
            Array.from({ length: count }, (_, index) => set(`${at}-${index}`, "some text")),
          ),
        );
        await ruleOn(engine, ...commits);
        const parts: Patch[] = [];
        do parts.push(await engine.readPatch("b", "replica-a", parts.at(-1)?.to ?? 0, size));
        while (parts.at(-1)?.upToDate === false);
        expect(parts.length).toBeGreaterThan(3);
        expect(parts.flatMap(({ entries }) => entries.map(({ key: packed }) => packed))).toEqual(
          commits.flatMap(({ mutations }) => mutations.map((mutation) => mutation.key)),
        );
        expect(parts.flatMap(({ results }) => results.map(({ revision }) => revision))).toEqual(
          counts.map((_, at) => at + 1),
        );
        for (const [index, part] of parts.entries()) {
          expect(part).toMatchObject({
            from: parts[index - 1]?.to ?? 0,
            head: counts.length,
            upToDate: index === parts.length - 1,
          });
          expect(part.entries.every(({ revision }) => revision > part.from && revision <= part.to)).toBe(
            true,
          );
        }
        // The commit of nine entries is larger than the part, and whole.
        expect(parts.some(({ entries }) => entries.length >= 9)).toBe(true);
      },
    );

    test("in parts by results alone go on in order", async () => {
      await using engine = await openBucketOf(open);
      await ruleOn(
        engine,
        ...Array.from({ length: 10 }, (_, index) =>
          commitOf("a", index + 1, index === 8 ? [set("k", "x")] : []),
        ),
      );
      const size = { entriesMax: 4, bytesMax: 1_000_000 };
      const [one, two, three] = [0, 4, 8].map((from) => engine.readPatch("b", "replica-a", from, size));
      expect(await one).toMatchObject({ to: 4, entries: [], upToDate: false });
      expect(await two).toMatchObject({ to: 8, entries: [], upToDate: false });
      expect(await three).toMatchObject({ to: 10, entries: [{ revision: 9 }], upToDate: true });
      expect((await three)?.results).toHaveLength(2);
    });

    test("an entry that changes between two parts appears in the later one alone", async () => {
      await using engine = await openBucketOf(open);
      const size = { entriesMax: 1, bytesMax: 1_000_000 };
      await ruleOn(engine, commitOf("a", 1, [set("k", "1")]), commitOf("a", 2, [set("j", "2")]));
      const first = await engine.readPatch("b", "nobody", 0, size);
      await ruleOn(engine, commitOf("a", 3, [set("j", "3")]));
      const second = await engine.readPatch("b", "nobody", first.to, size);
      expect([first.to, first.entries.length]).toEqual([1, 1]);
      expect(second).toMatchObject({
        from: 1,
        to: 3,
        entries: [{ key: key("j"), value: text("3") }],
        upToDate: true,
      });
    });
  });
};
