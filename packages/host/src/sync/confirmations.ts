/**
 * Commits whose callers wait for the relay's ruling. The wait is bounded: by the session, which may be
 * lost, and by time, should the relay live and not rule. What is not known then is told when it is.
 */
import { KvError, type Versionstamp } from "@rockpool/model";
import type { Decisions } from "./decisions.ts";
import type { SessionReach } from "./device-session.ts";
import type { HostEnvironment } from "../environment.ts";
import type { TransportSettled } from "../ruling-api.ts";
import type { Ledger } from "../ledger.ts";
import type { Settlements } from "./settlements.ts";

export interface ConfirmationsOptions {
  readonly ledger: Ledger;
  readonly environment: Pick<HostEnvironment, "setTimer">;
  readonly settlements: Settlements;
  readonly decisions: Decisions;
  /** Whether a tab of this device has a session with the relay. */
  readonly reach: () => SessionReach;
}

interface Wait {
  readonly giveUp: () => void;
  cancelLost: (() => void) | undefined;
}

/** Longest wait for a ruling, in ms. */
const rulingMsMax = 30_000;
/** How long a session may be away, or in the making, before callers are told, in ms: another tab may take it over. */
const awayMsMax = 5000;

export class Confirmations {
  readonly #its: ConfirmationsOptions;
  readonly #waits = new Set<Wait>();
  /** What waits for a session that is being made. */
  readonly #onMade = new Set<() => void>();

  constructor(its: ConfirmationsOptions) {
    this.#its = its;
  }

  /** What ends when a session that is being made is there, or is not to be had soon; undefined when none is being made. */
  sessionInMaking(): Promise<void> | undefined {
    if (this.#its.ledger.state.replica === null || this.#its.reach() !== "coming") return undefined;
    return this.#whenMade();
  }

  /** @throws KvError "offline" when nobody could rule now */
  assertLive(): void {
    const { ledger, reach } = this.#its;
    if (ledger.state.replica === null) {
      throw new KvError(
        "offline",
        `nothing was written: confirm: "relay" needs a relay, and the bucket has none; open it with the option relay, or commit without confirm`,
      );
    }
    if (reach() !== "live") {
      throw new KvError(
        "offline",
        `nothing was written: confirm: "relay" needs a session with the relay, and there is none now; try again when sync.status.state is "synced" or "syncing", or commit without confirm`,
      );
    }
  }

  /** What became of a commit. @throws KvError "outcome-unknown" when that cannot be known in time; "closed" */
  async confirm(versionstamp: Versionstamp): Promise<TransportSettled> {
    const { environment, settlements, decisions } = this.#its;
    const settled = settlements.settled(versionstamp);
    const bound = new AbortController();
    const wait: Wait = { giveUp: () => bound.abort(), cancelLost: undefined };
    this.#waits.add(wait);
    this.#look(wait);
    const cancel = environment.setTimer(wait.giveUp, rulingMsMax);
    try {
      return await Promise.race([settled, rejectedBy(bound.signal, versionstamp)]);
    } catch (error) {
      // Its ruling may still come, and is an event then.
      settled.catch(() => undefined);
      decisions.release(versionstamp);
      throw error;
    } finally {
      cancel();
      wait.cancelLost?.();
      this.#waits.delete(wait);
    }
  }

  /** The session came or went. */
  onSession(): void {
    if (this.#its.reach() !== "coming") this.#tellMade();
    for (const wait of this.#waits) this.#look(wait);
  }

  /** Who waits for a session waits no more. */
  close(): void {
    this.#tellMade();
  }

  /** Until there is a session, or none to be had soon. */
  #whenMade(): Promise<void> {
    return new Promise((made) => {
      const tell = (): void => {
        cancel();
        this.#onMade.delete(tell);
        made();
      };
      const cancel = this.#its.environment.setTimer(tell, awayMsMax);
      this.#onMade.add(tell);
    });
  }

  #tellMade(): void {
    for (const tell of this.#onMade) tell();
  }

  #look(wait: Wait): void {
    if (this.#its.reach() === "live") {
      wait.cancelLost?.();
      wait.cancelLost = undefined;
    } else {
      wait.cancelLost ??= this.#its.environment.setTimer(wait.giveUp, awayMsMax);
    }
  }
}

const rejectedBy = (signal: AbortSignal, versionstamp: Versionstamp): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(unknownError(versionstamp)), { once: true });
  });

const unknownError = (versionstamp: Versionstamp): KvError =>
  new KvError(
    "outcome-unknown",
    `the relay did not rule in time: commit ${versionstamp} is kept and goes on waiting for it; sync.settled tells what becomes of it, and so does an event if it is rejected`,
  );
