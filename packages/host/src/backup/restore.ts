/**
 * Restores a backup as it comes in: what was read and verified is written beside what stands, and
 * shown when all of it was. Whatever goes wrong before, nothing has changed.
 */
import { BackupReader } from "./backup-reader.ts";
import { KvError } from "@rockpool/model";
import type { ReplicaState } from "@rockpool/replica";
import type { FillEntry } from "./fill-entry.ts";
import type { Filler } from "./filler.ts";

/** Entries given to the filler at a time. */
const batchMax = 1024;

/** @throws KvError "unsupported" in a bucket that has a relay */
export const assertNoRelay = ({ replica }: ReplicaState): void => {
  if (replica === null) return;
  throw new KvError(
    "unsupported",
    "a bucket that has a relay cannot be restored as a whole: what the relay and other devices hold would take its place again; restore into a bucket without a relay, and set its entries from there",
  );
};

export class Restore {
  readonly #filler: Filler;
  readonly #reader = new BackupReader();
  #entries = 0;

  constructor(filler: Filler) {
    this.#filler = filler;
  }

  /** Takes the next bytes of the backup. The result counts the entries in all so far. */
  async add(bytes: Uint8Array): Promise<number> {
    let batch: FillEntry[] = [];
    for (const step of this.#reader.read(bytes)) {
      if (step.type === "restart") {
        batch = [];
        this.#entries = 0;
        await this.#filler.clear();
      } else {
        this.#entries++;
        if (batch.push(step.entry) >= batchMax) await this.#filler.add(batch.splice(0));
      }
    }
    await this.#filler.add(batch);
    return this.#entries;
  }

  /** All bytes were given: shows what they say. The result counts the entries of the bucket. */
  async end(): Promise<number> {
    this.#reader.end();
    const stored = await this.#filler.reveal((state) => {
      assertNoRelay(state);
      return {};
    });
    return stored?.entries ?? 0;
  }

  abort(): Promise<void> {
    return this.#filler.abort();
  }
}
