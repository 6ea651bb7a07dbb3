/**
 * The tokens that a host asks of its tab: one question at a time, however many want the answer. A tab
 * may take its time, or never answer; how long that is waited for is the session's affair.
 */
import { unpackError } from "@rockpool/model";
import type { HostEvent, Outcome } from "../host-api.ts";

export class TokenRequests {
  readonly #emit: (event: HostEvent) => void;
  #asked: (PromiseWithResolvers<string> & { readonly id: number }) | undefined;
  #lastId = 0;

  constructor(emit: (event: HostEvent) => void) {
    this.#emit = emit;
  }

  /** A token of the tab's. Rejects with what the app's function rejected with. */
  readonly ask = (): Promise<string> => {
    if (this.#asked === undefined) {
      const id = ++this.#lastId;
      this.#asked = { ...Promise.withResolvers<string>(), id };
      this.#emit({ type: "token", id });
    }
    return this.#asked.promise;
  };

  /** The tab answers a question; a second answer to one counts for nothing. */
  answer(id: number, answer: Outcome<string>): void {
    const asked = this.#asked;
    if (asked?.id !== id) return;
    this.#asked = undefined;
    if (answer.ok) asked.resolve(answer.value);
    else asked.reject(unpackError(answer.error));
  }
}
