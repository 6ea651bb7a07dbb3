/**
 * The example that NATS' own documentation has runs here, and prints what it prints there.
 */
import { expect, test } from "vitest";
import { runExample } from "./example.ts";

test("the example of @nats-io/kv runs with its import line changed alone", async () => {
  const lines: string[] = [];
  await runExample((line) => lines.push(line));
  const watched = lines.filter((line) => line.startsWith("watch: "));
  expect(watched[0]).toBe("watch: hello.world: PUT hi");
  expect(watched.at(-1)).toBe("watch: hello.world: PURGE ");
  expect(watched).toContain("watch: hello.world: PUT world");
  expect(lines.filter((line) => !line.startsWith("watch: "))).toEqual([
    "created with revision 1",
    "value for get world",
    "keys contains hello.world: true",
    "history: hello.world: PUT hi",
    "history: hello.world: PUT world",
  ]);
});
