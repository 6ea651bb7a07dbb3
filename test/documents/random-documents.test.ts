/**
 * Random runs of documents; each is made anew by its seed. `ROCKPOOL_DOCUMENT_SEEDS=1-500` runs others.
 */
import { expect, test } from "vitest";
import { DocumentRun } from "./document-run.ts";

const [first = 1, last = 20] = (process.env["ROCKPOOL_DOCUMENT_SEEDS"] ?? "1-20").split("-").map(Number);

test("in every run all have what was accepted, and nothing that was called saved is missing", async () => {
  for (let seed = first; seed <= last; seed++) {
    const run = DocumentRun.run({ seed, deletes: seed % 5 === 0, isLong: seed % 10 === 3 });
    const wrong = await run.catch((error: unknown) => [String(error)]);
    expect(wrong, `seed ${seed}`).toEqual([]);
  }
}, 300_000);
