/**
 * What the relay's rulings mean to a tab: who waits for one, who is told of one, and what the app does
 * about it. Composes the parts that keep to one question each, and answers the calls about them.
 */
import type { RowEffect } from "@rockpool/replica";
import { Confirmations } from "./confirmations.ts";
import type { SessionReach } from "./device-session.ts";
import { Conflicts } from "./conflicts.ts";
import { Decisions, type DecisionsOptions } from "./decisions.ts";
import type { HostEnvironment } from "../environment.ts";
import type { HostCallResults, HostCalls } from "../host-api.ts";
import { Losses } from "./losses.ts";
import { Settlements } from "./settlements.ts";
import { Teller } from "./teller.ts";

export interface RulingsOptions extends Omit<DecisionsOptions, "locks" | "teller"> {
  readonly environment: Pick<HostEnvironment, "locks" | "setTimer">;
  /** True while a tab of this device has a session with the relay. */
  readonly reach: () => SessionReach;
  /** Something failed that no call of the app's is told of. */
  readonly onFailure: (error: unknown) => void;
  /** The app was asked about these rejected groups and left them: the other tabs should know. */
  readonly onUndecided: (ids: readonly string[]) => void;
}

type RulingCallType =
  | "settled"
  | "rejected"
  | "superseded"
  | "retry"
  | "discard"
  | "confirm"
  | "heard"
  | "resolve";

export type RulingCall = { [K in RulingCallType]: { readonly type: K } & HostCalls[K] }[RulingCallType];

export class Rulings {
  readonly #settlements: Settlements;
  readonly #decisions: Decisions;
  readonly #confirmations: Confirmations;
  readonly #losses: Losses;
  readonly #teller: Teller;
  /** Where the app is asked about conflicts. */
  readonly #conflicts: Conflicts | undefined;

  constructor(its: RulingsOptions) {
    const { ledger, environment, reach } = its;
    this.#settlements = new Settlements(ledger);
    this.#teller = new Teller(environment);
    const teller = this.#teller;
    this.#decisions = new Decisions({ ...its, teller, locks: environment.locks });
    this.#losses = new Losses({ ...its, teller });
    const settlements = this.#settlements;
    this.#confirmations = new Confirmations({
      ledger,
      environment,
      settlements,
      decisions: this.#decisions,
      reach,
    });
    if (its.asksApp) this.#conflicts = new Conflicts({ ...its, decisions: this.#decisions });
  }

  /** The host is open: what was rejected while nobody could be asked is asked about. */
  start(): void {
    this.#conflicts?.look();
  }

  onRow(effect: RowEffect): void {
    for (const tracked of effect.ruled) this.#settlements.answer(tracked);
    this.#decisions.onRow(effect);
    this.#losses.onRow(effect);
    if (effect.ruled.some(({ state }) => state === "rejected")) this.#conflicts?.look();
    this.onSession();
  }

  onGap(): void {
    this.#settlements.onGap();
    this.#decisions.onGap();
    this.#losses.onGap();
    this.#conflicts?.look();
    this.onSession();
  }

  /** The session came or went, or may have. */
  onSession(): void {
    this.#confirmations.onSession();
  }

  /** Commits that wait for the relay. */
  get confirmations(): Pick<Confirmations, "sessionInMaking" | "assertLive"> {
    return this.#confirmations;
  }

  call(call: RulingCall): Promise<HostCallResults[RulingCallType]> {
    switch (call.type) {
      case "settled":
        return this.#settlements.settled(call.versionstamp);
      case "confirm":
        return this.#confirmations.confirm(call.versionstamp);
      case "heard":
        if (call.isHeard) return this.#decisions.forget(call.versionstamp);
        this.#decisions.release(call.versionstamp);
        this.#conflicts?.look();
        return Promise.resolve(undefined);
      case "rejected":
        return this.#decisions.list();
      case "superseded":
        return this.#losses.list();
      case "retry":
        return this.#decisions.retry(call.id);
      case "discard":
        return this.#decisions.discard(call.id);
      case "resolve":
        return this.#conflicts?.resolve(call.round, call.resolutions) ?? Promise.resolve(undefined);
    }
  }

  /** In another tab the app left these rejected groups in the list. */
  async onUndecided(ids: readonly string[]): Promise<void> {
    await this.#conflicts?.leave(ids);
  }

  close(): void {
    this.#teller.close();
    this.#settlements.close();
    this.#confirmations.close();
    this.#conflicts?.close();
  }
}
