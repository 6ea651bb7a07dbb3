/**
 * What a document should come to: a plain `Y.Doc` to which every update that the relay accepted was applied,
 * in the order of its rulings, and which begins anew when its key is deleted or set.
 */
import type { PackedKey } from "@rockpool/model";
import type { RuledTurn, Turn } from "@rockpool/relay";
import * as Y from "yjs";

export class DocumentOracle {
  readonly #key: PackedKey;
  doc: Y.Doc = new Y.Doc();
  /** How often it began anew. */
  generation = 0;

  constructor(key: PackedKey) {
    this.#key = key;
  }

  onRuled({ pushes }: Turn, { answers }: RuledTurn): void {
    for (const [index, { commit }] of pushes.entries()) {
      const answer = answers[index];
      if (answer?.isNew !== true || answer.result.ruling.type === "rejected") continue;
      const { superseded } = answer.result.ruling;
      for (const [place, mutation] of commit.mutations.entries()) {
        if (mutation.key !== this.#key || superseded.some((lost) => lost.mutation === place)) continue;
        if (mutation.type === "merge") Y.applyUpdate(this.doc, mutation.update);
        else this.#begin();
      }
    }
  }

  #begin(): void {
    this.doc = new Y.Doc();
    this.generation++;
  }
}
