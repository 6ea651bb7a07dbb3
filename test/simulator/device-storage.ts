/**
 * A device's disk: storage in memory that remembers what it held at each moment, so that a power cut,
 * a backup or a clone can go back to it, and that can be full for a while.
 */
import { type FaultPoint, MemoryStorage, type StorageImage, type StorageOutcome } from "@rockpool/log";
import { KvError } from "@rockpool/model";

interface PastImage {
  readonly atMs: number;
  readonly image: StorageImage;
}

export interface DeviceStorageOptions {
  readonly image?: StorageImage;
  readonly turn: () => Promise<void>;
  readonly now: () => number;
}

export class DeviceStorage extends MemoryStorage {
  /** Whatever is to be written is refused while this is true; what only deletes is not. */
  isFull = false;
  readonly #now: () => number;
  readonly #past: PastImage[];
  readonly #faults: FaultPoint[] = [];

  constructor({ image, turn, now }: DeviceStorageOptions) {
    super({ turn, ...(image === undefined ? {} : { image }) });
    this.#now = now;
    this.#past = [{ atMs: now(), image: this.image }];
  }

  /** What was stored at a moment, or at first when it was not there yet. */
  imageAt(atMs: number): StorageImage {
    return (this.#past.findLast((past) => past.atMs <= atMs) ?? (this.#past[0] as PastImage)).image;
  }

  /** The next `times` transactions fail: before they ran, after, or stored all the same. */
  abort(when: FaultPoint, times: number): void {
    for (let time = 0; time < times; time++) this.#faults.push(when);
  }

  heal(): void {
    this.isFull = false;
    this.#faults.length = 0;
  }

  override async transact<Result>(body: (image: StorageImage) => StorageOutcome<Result>): Promise<Result> {
    let fault: FaultPoint | undefined;
    const result = await super.transact((image) => {
      fault = this.#faults.shift();
      if (fault === "before") throw lostError();
      const outcome = body(image);
      if (fault === "commit") throw lostError();
      if (this.isFull && outcome.image !== undefined && grows(image, outcome.image)) {
        throw new KvError("quota", "the disk of this run is full");
      }
      return outcome;
    });
    if (this.#past.at(-1)?.image !== this.image) this.#past.push({ atMs: this.#now(), image: this.image });
    if (fault === "after") {
      throw new KvError("outcome-unknown", "the disk of this run failed when all was stored");
    }
    return result;
  }
}

const lostError = (): KvError => new KvError("lost-connection", "the disk of this run failed");

const grows = (before: StorageImage, after: StorageImage): boolean =>
  after.rows.length > before.rows.length ||
  after.pages.size > before.pages.size ||
  after.versions.length > before.versions.length ||
  (after.reservedBytes ?? 0) > (before.reservedBytes ?? 0) ||
  after.meta !== before.meta;
