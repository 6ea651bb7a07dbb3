/**
 * Restores a backup as it comes in: what was read and verified is written beside what stands, and
 * shown when all of it was. Whatever goes wrong before, nothing has changed.
 */
import { BackupReader } from "./backup-reader.ts";
import type { Filler, FillEntry } from "./filler.ts";

/** Entries given to the filler at a time. */
const batchMax = 1024;

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
    return (await this.#filler.reveal()).entries;
  }

  abort(): Promise<void> {
    return this.#filler.abort();
  }
}
