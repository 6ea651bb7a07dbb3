/**
 * The memory engine passes the suite of engines, and its sweep of replaced effects goes unseen.
 */
import { describe, expect, test } from "vitest";
import { commitOf, key, set, turnOf } from "./commit-fixture.ts";
import { describeEngine } from "./engine-suite.ts";
import { openMemoryEngine } from "./memory-engine.ts";

describeEngine("memory", () => openMemoryEngine());

describe("the memory engine", () => {
  test("reads right after it has swept what was replaced", async () => {
    await using engine = await openMemoryEngine();
    await engine.openBucket("b");
    for (let n = 1; n <= 2500; n++) {
      await engine.rule("b", turnOf(commitOf("a", n, [set(`k${n % 2}`, `${n}`)])));
    }
    const patch = await engine.readPatch("b", "nobody", 0, { entriesMax: 10, bytesMax: 1_000_000 });
    expect(patch.entries.map((entry) => [entry.key, entry.revision])).toEqual([
      [key("k1"), 2499],
      [key("k0"), 2500],
    ]);
  });
});
