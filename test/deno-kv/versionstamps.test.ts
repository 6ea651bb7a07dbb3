/**
 * Versionstamps: their form, when they grow, and what shares one.
 */
import { describe, expect, test as base } from "vitest";
import { kvFixture } from "./kv-fixture.ts";

const test = base.extend(kvFixture);

describe("versionstamps", () => {
  test("are 20 lowercase hex digits that grow with every commit, an empty one too", async ({ kv }) => {
    const results = [
      await kv.set(["k"], 1),
      await kv.set(["k"], 1),
      await kv.atomic().commit(),
      await kv
        .atomic()
        .check({ key: ["no"], versionstamp: null })
        .commit(),
    ];
    const versionstamps = results.map((result) => (result.ok ? result.versionstamp : ""));
    for (const versionstamp of versionstamps) expect(versionstamp).toMatch(/^[0-9a-f]{20}$/);
    expect(versionstamps).toEqual([...new Set(versionstamps)].toSorted());
  });

  test("do not grow by a commit whose check fails", async ({ kv }) => {
    const before = await kv.set(["k"], 1);
    const failed = kv
      .atomic()
      .check({ key: ["k"], versionstamp: null })
      .set(["k"], 2);
    expect(await failed.commit()).toEqual({ ok: false });
    const after = await kv.set(["k"], 3);
    const positionOf = ({ versionstamp }: typeof before): number =>
      Number.parseInt(versionstamp.slice(0, 16), 16);
    expect(positionOf(after) - positionOf(before)).toBe(1);
  });

  test("are shared by all keys of one commit", async ({ kv }) => {
    const result = await kv.atomic().set(["a"], 1).sum(["b"], 1n).set(["c"], 2).commit();
    const entries = await kv.getMany([["a"], ["b"], ["c"]]);
    for (const { versionstamp } of entries) expect(versionstamp).toBe(result.ok && result.versionstamp);
  });

  test("count commits by place in a row of the log, where Deno leaps by 1 to 9", async ({ kv }) => {
    const first = await kv.set(["warm"], 1);
    const [a, b] = await Promise.all([kv.set(["a"], 1), kv.set(["b"], 1)]);
    expect(first.versionstamp < a.versionstamp && a.versionstamp < b.versionstamp).toBe(true);
    expect(a.versionstamp.slice(0, 16)).toBe(b.versionstamp.slice(0, 16));
    expect([a, b].map(({ versionstamp }) => versionstamp.slice(16))).toEqual(["0000", "0001"]);
  });
});
