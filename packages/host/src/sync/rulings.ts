/**
 * What the relay's rulings mean to a tab: who waits for one, who is told of one, and what the app does
 * about it. Composes the parts that keep to one question each, and answers the calls about them.
 */
import type { RowEffect } from "@rockpool/replica";
import { Confirmations } from "./confirmations.ts";
import { Decisions, type DecisionsOptions } from "./decisions.ts";
import type { HostEnvironment } from "../environment.ts";
import type { HostCallResults, HostCalls } from "../host-api.ts";
import { Settlements } from "./settlements.ts";

export interface RulingsOptions extends Omit<DecisionsOptions, "locks"> {
  readonly environment: Pick<HostEnvironment, "locks" | "setTimer">;
  /** True while a tab of this device has a session with the relay. */
  readonly isLive: () => boolean;
}

type RulingCallType = "settled" | "rejected" | "retry" | "discard" | "confirm" | "heard";

export type RulingCall = { [K in RulingCallType]: { readonly type: K } & HostCalls[K] }[RulingCallType];

export class Rulings {
  readonly #settlements: Settlements;
  readonly #decisions: Decisions;
  readonly #confirmations: Confirmations;

  constructor(its: RulingsOptions) {
    const { ledger, environment, isLive } = its;
    this.#settlements = new Settlements(ledger);
    this.#decisions = new Decisions({ ...its, locks: environment.locks });
    const settlements = this.#settlements;
    this.#confirmations = new Confirmations({
      ledger,
      environment,
      settlements,
      decisions: this.#decisions,
      isLive,
    });
  }

  onRow(effect: RowEffect): void {
    for (const tracked of effect.ruled) this.#settlements.answer(tracked);
    this.#decisions.onRow(effect);
    this.onSession();
  }

  onGap(): void {
    this.#settlements.onGap();
    this.#decisions.onGap();
    this.onSession();
  }

  /** The session came or went, or may have. */
  onSession(): void {
    this.#confirmations.onSession();
  }

  /** @throws KvError "offline" when nobody could rule now */
  assertLive(): void {
    this.#confirmations.assertLive();
  }

  call(call: RulingCall): Promise<HostCallResults[RulingCallType]> {
    switch (call.type) {
      case "settled":
        return this.#settlements.settled(call.versionstamp);
      case "confirm":
        return this.#confirmations.confirm(call.versionstamp);
      case "heard":
        if (call.isHeard) return this.#decisions.forget(call.versionstamp);
        return Promise.resolve(this.#decisions.release(call.versionstamp));
      case "rejected":
        return this.#decisions.list();
      case "retry":
        return this.#decisions.retry(call.id);
      case "discard":
        return this.#decisions.discard(call.id);
    }
  }

  close(): void {
    this.#settlements.close();
  }
}
