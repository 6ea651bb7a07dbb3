/**
 * Random runs of documents as tests, some in each file so that files share them; each is made anew by its
 * seed. `ROCKPOOL_DOCUMENT_SEEDS=1-5000` runs others.
 */
import { expect, test } from "vitest";
import { DocumentRun } from "./document-run.ts";

/** One in so many deletes its document at times, and one in so many begins with a long one. */
const deletesEvery = 5;
const longEvery = 10;

/** Runs the seeds from `first` to `last`. */
export const testSeeds = (first: number, last: number): void => {
  test(`in runs ${first} to ${last} all have what was accepted, and nothing that was called saved is missing`, async () => {
    for (let seed = first; seed <= last; seed++) {
      const options = { seed, deletes: seed % deletesEvery === 0, isLong: seed % longEvery === 3 };
      const wrong = await DocumentRun.run(options).catch((error: unknown) => [String(error)]);
      expect(wrong, `seed ${seed}`).toEqual([]);
    }
  }, 600_000);
};
