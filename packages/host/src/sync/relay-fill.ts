/**
 * One fill from the relay at work: takes what the session hears, stores it beside what stands, and
 * shows all of it by one row. Parts are stored one after another, in the order they came.
 */
import {
  type CommitResult,
  type PackedKey,
  rangesOfScope,
  laterStamp,
  type Stamp,
  zeroStamp,
  equalScopes,
} from "@rockpool/model";
import type { FilledFrom } from "@rockpool/log";
import { confirmedIn, confirmedOf, type FillPart, lostCommits, type ReplicaState } from "@rockpool/replica";
import type { FillEntry } from "../backup/fill-entry.ts";
import { Filler, type FillerOptions } from "../backup/filler.ts";
import { hideDoomed } from "./hide-doomed.ts";

export interface RelayFillOptions extends FillerOptions {
  /** Ms since 1970, by the relay's clock as far as it is known. */
  readonly readClock: () => number;
}

/** What the fill stands on: it is shown only while the replica is as it was. */
type Base = Pick<FilledFrom, "epoch" | "scope" | "from">;

export class RelayFill {
  readonly #its: RelayFillOptions;
  readonly #base: Base;
  /** It is to take the place of what is confirmed: of no use once another one has. */
  readonly #wasDue: boolean;
  /** Undefined when it could not begin. */
  readonly #filler: Promise<Filler>;
  #work: Promise<unknown>;
  #results: CommitResult[] = [];
  #stamp: Stamp = zeroStamp;

  constructor(its: RelayFillOptions) {
    const { epoch, scope, received, fillDue } = its.ledger.state.session;
    this.#its = its;
    this.#wasDue = fillDue;
    this.#base = { epoch: epoch ?? "", scope, from: received };
    this.#filler = Filler.begin(its);
    this.#work = this.#filler;
    // Whoever stores or aborts meets its failure.
    this.#filler.catch(() => undefined);
  }

  /** Fulfilled when the part is stored. @throws as the log does */
  store(part: FillPart): Promise<void> {
    return this.#next(() => this.#store(part));
  }

  /** Fulfilled when what is confirmed here under the prefix is stored, as it is. @throws as the log does */
  copy(prefix: PackedKey): Promise<void> {
    return this.#next(() => this.#copy(prefix));
  }

  /** Shows what was stored as of revision `to`. False when the replica is not what it was. @throws as the log does */
  async reveal(to: number): Promise<boolean> {
    await this.#work;
    const filler = await this.#filler;
    const stored = await filler.reveal((state) =>
      this.#isOn(state) ? { relay: this.#filledFrom(state, to) } : undefined,
    );
    if (stored === undefined) return false;
    await hideDoomed(this.#its.ledger, this.#its.readClock);
    return true;
  }

  /** Deletes what was stored. Harmless after its end. */
  async abort(): Promise<void> {
    const filler = await this.#filler.catch(() => undefined);
    await this.#work.catch(() => undefined);
    await filler?.abort();
  }

  #next(work: () => Promise<void>): Promise<void> {
    const done = this.#work.then(work);
    this.#work = done;
    // Whoever waits for it, or for what comes after it, meets its failure.
    done.catch(() => undefined);
    return done;
  }

  async #copy(prefix: PackedKey): Promise<void> {
    const filler = await this.#filler;
    for (const { start, end } of rangesOfScope([prefix])) {
      for (let from: PackedKey | null = start; from !== null;) {
        const at: PackedKey = from;
        const piece = await this.#its.ledger.read(false, (state, pages) =>
          confirmedIn(state, pages, { start: at, end, common: prefix }),
        );
        await filler.add(piece.entries);
        from = piece.rest;
      }
    }
  }

  async #store({ entries, results, stamp }: FillPart): Promise<void> {
    const { ledger } = this.#its;
    this.#stamp = laterStamp(this.#stamp, stamp);
    const filler = await this.#filler;
    // Another tab's commit stood in the log before it was pushed.
    await ledger.read(results.length > 0, () => undefined);
    this.#results.push(...results.filter(({ name }) => ledger.state.getTracked(name) !== undefined));
    const kept = await ledger.read(false, (state, pages) =>
      entries.map((entry): FillEntry => {
        const { value, revision, versionstamp } = confirmedOf(state, pages, entry.key);
        // What stands here unchanged, in a history that the relay shares, is the same entry.
        const isSame =
          value !== undefined && revision === entry.revision && revision <= state.session.revealed;
        return isSame ? { ...entry, versionstamp } : entry;
      }),
    );
    await filler.add(kept);
  }

  #isOn({ session, replica }: ReplicaState): boolean {
    const { epoch, scope, from } = this.#base;
    return (
      replica !== null &&
      session.epoch === epoch &&
      session.received === from &&
      session.fillDue === this.#wasDue &&
      equalScopes(session.scope, scope)
    );
  }

  #filledFrom(state: ReplicaState, to: number): FilledFrom {
    // A rejection may have been lost, too, and ruled on anew for a copy of this device.
    const refused = [...state.tracked.values()].filter((tracked) => tracked.state === "rejected");
    const concerned = [...state.unruled.values(), ...lostCommits(state), ...refused];
    const open = new Set(concerned.map(({ commit }) => commit.tag));
    const results = this.#results.filter(({ tag }) => open.has(tag));
    return { ...this.#base, to, results, stamp: this.#stamp, readingMs: this.#its.readClock() };
  }
}
