/**
 * Carries out what the session says of a fill, and tells it what came of each step. One fill at a time: what
 * an earlier one comes to counts no more.
 */
import type { SessionEffect, SessionEvent } from "@rockpool/replica";
import { RelayFill, type RelayFillOptions } from "./relay-fill.ts";

export interface SessionFillStepsOptions extends RelayFillOptions {
  readonly handle: (event: SessionEvent) => void;
  readonly onFailure: (error: unknown) => void;
}

type FillStep = SessionEffect & { type: "beginFill" | "storeFill" | "copyFill" | "revealFill" | "abortFill" };

export class SessionFillSteps {
  readonly #its: SessionFillStepsOptions;
  #fill: { readonly id: number; readonly work: RelayFill } | undefined;

  constructor(its: SessionFillStepsOptions) {
    this.#its = its;
  }

  get isUnderWay(): boolean {
    return this.#fill !== undefined;
  }

  take(step: FillStep): void {
    if (step.type === "beginFill") this.#fill = { id: step.id, work: new RelayFill(this.#its) };
    else this.#goOn(step);
  }

  #goOn(step: Exclude<FillStep, { type: "beginFill" }>): void {
    const { id } = step;
    if (this.#fill?.id !== id) return;
    const { work } = this.#fill;
    const { handle, onFailure } = this.#its;
    const failed = (error: unknown): void => {
      if (this.#fill?.id !== id) return;
      onFailure(error);
      this.#goOn({ type: "abortFill", id });
      handle({ type: "filled", id, ok: false, reason: `a fill failed: ${messageOf(error)}` });
    };
    switch (step.type) {
      case "storeFill":
        work.store(step.part).then(() => handle({ type: "stored", id }), failed);
        return;
      case "copyFill":
        work.copy(step.prefix).then(() => handle({ type: "stored", id }), failed);
        return;
      case "revealFill":
        work.reveal(step.to).then((ok) => {
          if (ok && this.#fill?.id === id) this.#fill = undefined;
          else this.#goOn({ type: "abortFill", id });
          handle({ type: "filled", id, ok });
        }, failed);
        return;
      case "abortFill":
        this.#fill = undefined;
        work.abort().catch(onFailure);
    }
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
