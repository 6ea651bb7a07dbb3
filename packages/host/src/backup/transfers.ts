/**
 * The backups and restores of one tab, carried on step by step as the tab asks. A restore that fails
 * is given up before its tab hears of it.
 */
import { KvError, type Versionstamp } from "@rockpool/model";
import type { RowEffect } from "@rockpool/replica";
import { Backup, type BackupOptions } from "./backup.ts";
import { Filler, type FillerOptions } from "./filler.ts";
import type { Transferred, TransferStep } from "./transfer-api.ts";
import { assertNoRelay, Restore } from "./restore.ts";

export interface TransfersOptions extends FillerOptions, BackupOptions {
  /** Fulfilled when the commits asked for so far are stored or refused. */
  readonly commitsSettled: () => Promise<void>;
}

export class Transfers {
  readonly #its: TransfersOptions;
  readonly #backupById = new Map<number, Backup>();
  readonly #restoreById = new Map<number, Restore>();

  constructor(its: TransfersOptions) {
    this.#its = its;
  }

  onRow(effect: RowEffect): void {
    for (const backup of this.#backupById.values()) backup.onRow(effect);
  }

  onGap(since: Versionstamp): void {
    for (const backup of this.#backupById.values()) backup.onGap(since);
  }

  /** @throws KvError "unsupported", "damaged", "newer-format", "interrupted" and as the log does */
  async carryOn(step: TransferStep): Promise<Transferred> {
    const { id } = step;
    switch (step.type) {
      case "read-backup":
        return this.#readBackup(id);
      case "end-backup":
        this.#backupById.delete(id);
        return ended;
      case "begin-restore":
        this.#restoreById.set(id, new Restore(await Filler.begin(this.#its, assertNoRelay)));
        return { entries: 0, done: false };
      case "restore":
        return { entries: await this.#orAbort(id, (restore) => restore.add(step.bytes)), done: false };
      case "end-restore":
        return { entries: await this.#endRestore(id), done: true };
      case "abort-restore":
        await this.#abortRestore(id);
        return ended;
    }
  }

  /** Gives up what is under way. */
  async close(): Promise<void> {
    this.#backupById.clear();
    for (const id of this.#restoreById.keys()) await this.#giveUp(id);
  }

  async #readBackup(id: number): Promise<Transferred> {
    let backup = this.#backupById.get(id);
    if (backup === undefined) {
      await this.#its.commitsSettled();
      backup = new Backup(this.#its);
      this.#backupById.set(id, backup);
    }
    let isOver = true;
    try {
      const part = await backup.next();
      isOver = part.done;
      return part;
    } finally {
      if (isOver) this.#backupById.delete(id);
    }
  }

  async #endRestore(id: number): Promise<number> {
    // What was written before the call is replaced like everything else.
    await this.#its.commitsSettled();
    const entries = await this.#orAbort(id, (restore) => restore.end());
    this.#restoreById.delete(id);
    return entries;
  }

  /** Harmless when it has ended. */
  async #abortRestore(id: number): Promise<void> {
    const restore = this.#restoreById.get(id);
    this.#restoreById.delete(id);
    await restore?.abort();
  }

  async #orAbort<T>(id: number, work: (restore: Restore) => Promise<T>): Promise<T> {
    const restore = this.#restoreById.get(id);
    if (restore === undefined) throw new KvError("not-found", "this restore has ended; begin another");
    try {
      return await work(restore);
    } catch (error) {
      await this.#giveUp(id);
      throw error;
    }
  }

  /** Aborts a restore that has failed, or whose tab goes. */
  async #giveUp(id: number): Promise<void> {
    try {
      await this.#abortRestore(id);
    } catch {
      // Whoever waits is told of the first failure; what is left on disk, the sweep deletes.
    }
  }
}

const ended: Transferred = { entries: 0, done: true };
