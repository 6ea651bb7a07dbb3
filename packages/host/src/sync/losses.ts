/**
 * Writes of accepted commits that are not to be seen here: those that lost to later ones, and those on keys
 * outside the scope. Told once a tab, also when the rows that ruled were missed, and listed for a day.
 */
import { nameKey } from "@rockpool/model";
import type { TrackedCommit } from "@rockpool/log";
import { lossesOf, type Pages, type ReplicaState, type RowEffect } from "@rockpool/replica";
import { describeMutation } from "./described.ts";
import type { HostEvent } from "../host-api.ts";
import type { Teller } from "./teller.ts";
import type { Ledger } from "../ledger.ts";
import type { TransportSuperseded } from "../ruling-api.ts";

export interface LossesOptions {
  readonly ledger: Ledger;
  /** This device's clock, corrected to the relay's, in ms since 1970. */
  readonly readClock: () => number;
  readonly emit: (event: HostEvent) => void;
  readonly teller: Teller;
}

/** How long a loss is listed, in ms: a day. */
const listedMs = 24 * 60 * 60 * 1000;

export class Losses {
  readonly #its: LossesOptions;
  /** Rulings whose losses need not be told of any more. */
  #known: ReadonlySet<string>;

  constructor(its: LossesOptions) {
    this.#its = its;
    this.#known = new Set(withLosses(its.ledger.state).map(rulingOf));
  }

  onRow({ ruled }: RowEffect): void {
    const lost = ruled.filter((tracked) => lossesOf(tracked).length > 0);
    if (lost.length === 0) return;
    this.#known = new Set([...this.#known, ...lost.map(rulingOf)]);
    this.#tell(lost);
  }

  /** Rows were missed: what they ruled stands in the state. */
  onGap(): void {
    const lost = withLosses(this.#its.ledger.state);
    const missed = lost.filter((tracked) => !this.#known.has(rulingOf(tracked)));
    this.#known = new Set(lost.map(rulingOf));
    this.#tell(missed);
  }

  list(): Promise<readonly TransportSuperseded[]> {
    const { ledger, readClock } = this.#its;
    return ledger.read(true, (state, pages) => {
      const nowMs = readClock();
      const recent = withLosses(state).filter(({ ruledAtMs = 0 }) => ruledAtMs > nowMs - listedMs);
      return describe(state, pages, recent, nowMs);
    });
  }

  #tell(lost: readonly TrackedCommit[]): void {
    if (lost.length === 0) return;
    const { ledger, readClock, emit, teller } = this.#its;
    teller.tell(async () => {
      const writes = await ledger.read(false, (state, pages) => describe(state, pages, lost, readClock()));
      emit({ type: "superseded", writes });
    });
  }
}

/** A relay that was put back rules on it anew, and more of it may have lost. */
const rulingOf = ({ commit, revision, ruledAtMs }: TrackedCommit): string =>
  `${nameKey(commit.name)} ${revision} ${ruledAtMs}`;

const withLosses = (state: ReplicaState): readonly TrackedCommit[] =>
  [...state.tracked.values()].filter((tracked) => lossesOf(tracked).length > 0);

const describe = (
  state: ReplicaState,
  pages: Pages,
  lost: readonly TrackedCommit[],
  nowMs: number,
): readonly TransportSuperseded[] =>
  lost.flatMap((tracked) =>
    lossesOf(tracked).map(({ mutation, reason, winner }) => ({
      versionstamp: tracked.versionstamp,
      reason,
      winner,
      ruledAtMs: tracked.ruledAtMs ?? 0,
      mutation: describeMutation(state, pages, mutation, nowMs),
    })),
  );
