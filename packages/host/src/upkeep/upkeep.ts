/**
 * What a host does unasked, to keep the bucket short and free of what has ended: checkpoints, the
 * sweep of entries and deletions, and that of pages nobody needs. A host that only reads does none
 * of it.
 */
import type { PlacedRow } from "@rockpool/log";
import { type Compaction, decideCompact } from "@rockpool/replica";
import { Checkpointer, type CheckpointerOptions } from "./checkpointer.ts";
import type { HostEnvironment } from "../environment.ts";
import { Generations } from "./generations.ts";
import { Room } from "./room.ts";
import { Sweeper } from "./sweeper.ts";

export interface UpkeepOptions extends Omit<CheckpointerOptions, "onFailure" | "onRecovery"> {
  readonly environment: HostEnvironment;
  /** The database's name on this device. */
  readonly database: string;
  /** This device's clock, corrected to the relay's, in ms since 1970. */
  readonly readClock: () => number;
  readonly isReadonly: boolean;
  /** Hears what went wrong last, and undefined when everything goes well again: it is tried again by itself. */
  readonly onTrouble: (error: unknown) => void;
}

type Part = "checkpoints" | "sweep" | "generations" | "reserve";

/** From an opening until room is put aside, in ms. */
const reserveMs = 2000;

export class Upkeep {
  readonly #isReadonly: boolean;
  readonly #checkpointer: Checkpointer;
  readonly #sweeper: Sweeper;
  readonly #generations: Generations;
  readonly #its: UpkeepOptions;
  /** What each part failed with last, unless it went well since. */
  readonly #troubles = new Map<Part, unknown>();
  /** What makes room when the disk is full. */
  readonly room: Room;
  #cancelReserve: (() => void) | undefined;

  constructor(its: UpkeepOptions) {
    this.#its = its;
    this.#isReadonly = its.isReadonly;
    this.#checkpointer = new Checkpointer({ ...its, ...this.#listener("checkpoints") });
    const { log, ledger, environment } = its;
    const options = { ...its, setTimer: environment.setTimer, checkpoint: () => this.checkpoint() };
    this.#sweeper = new Sweeper({ ...options, ...this.#listener("sweep") });
    this.#generations = new Generations({ ...options, ...this.#listener("generations") });
    const sweepGenerations = (): Promise<void> => this.sweepGenerations();
    const moveAll = (): Promise<boolean> => this.#checkpointer.runToEnd();
    this.room = new Room({ log, ledger, checkpoint: moveAll, sweepGenerations });
  }

  /** Begins, with the rows that stood in the tail. */
  start(rows: readonly PlacedRow[]): void {
    if (this.#isReadonly) return;
    for (const row of rows) {
      this.#checkpointer.onRow(row);
      this.room.onRow(row);
    }
    this.#sweeper.start();
    this.#generations.start();
    this.#cancelReserve = this.#its.environment.setTimer(() => this.#keepReserve(), reserveMs);
  }

  onRow(row: PlacedRow): void {
    if (this.#isReadonly) return;
    this.#checkpointer.onRow(row);
    this.room.onRow(row);
    this.#sweeper.onRow(row);
    this.#generations.onRow();
  }

  onGap(): void {
    if (this.#isReadonly) return;
    this.#sweeper.onGap();
    this.#generations.onRow();
  }

  /** Makes checkpoints until the log is short, now; false when one failed. */
  checkpoint(): Promise<boolean> {
    return this.#checkpointer.run();
  }

  /** Forgets the deletions made up to a moment, in ms since 1970. The result counts them. */
  forgetDeletions(deletedUntilMs: number): Promise<number> {
    return this.#sweeper.forgetDeletions(deletedUntilMs);
  }

  /** Keeps a document in fewer bytes, if what a tab merged still stands. @throws KvError as the log does */
  async compact(compaction: Compaction): Promise<boolean> {
    if (this.#isReadonly) return false;
    const { position } = await this.#its.ledger.append((state, pages) => ({
      row: decideCompact(state, pages, compaction),
      result: undefined,
    }));
    return position !== undefined;
  }

  /** Deletes the pages that nobody needs, now. */
  sweepGenerations(): Promise<void> {
    return this.#generations.run();
  }

  async close(): Promise<void> {
    this.#cancelReserve?.();
    // All at once: the others wait for checkpoints, which would go on until the log is short.
    await Promise.all([this.#generations.close(), this.#sweeper.close(), this.#checkpointer.close()]);
  }

  #listener(part: Part): { onFailure: (error: unknown) => void; onRecovery: () => void } {
    return {
      onFailure: (error) => {
        this.#troubles.delete(part);
        this.#troubles.set(part, error);
        this.#its.onTrouble(error);
      },
      onRecovery: () => {
        if (this.#troubles.delete(part)) this.#its.onTrouble([...this.#troubles.values()].at(-1));
        // What pages hold has grown, or there is room again for a reserve that was used up.
        if (part === "checkpoints") this.#keepReserve();
      },
    };
  }

  #keepReserve(): void {
    const { onFailure, onRecovery } = this.#listener("reserve");
    this.room.keepReserve().then(onRecovery, onFailure);
  }
}
