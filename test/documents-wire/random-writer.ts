/**
 * Somebody who edits a document at random, in a browser or in Node: pieces of text come and go anywhere, and
 * each edit leaves a mark of its own that nobody takes away. So an edit that is lost shows.
 */
import type * as Y from "yjs";

/** Edits made one after another. */
const stretch = 15;

export class RandomWriter {
  readonly #name: string;
  readonly #doc: () => Y.Doc;
  readonly #random: () => number;
  #ticks = 0;
  /** Edits that were made. */
  made = 0;

  /** `random` gives numbers from 0 to 1, 1 excluded. */
  constructor(name: string, doc: () => Y.Doc, random: () => number) {
    this.#name = name;
    this.#doc = doc;
    this.#random = random;
  }

  /** Called every while: writes for a stretch, and looks at what came of it for another. */
  tick(): void {
    if (this.#ticks++ % (2 * stretch) < stretch) this.edit();
  }

  edit(): void {
    const doc = this.#doc();
    const text = doc.getText("t");
    doc.transact(() => {
      const at = this.#draw(text.length + 1);
      if (this.#draw(3) === 0) text.delete(at, Math.min(this.#draw(6), text.length - at));
      else text.insert(at, `${this.#name}${this.made} `);
      doc.getMap("marks").set(`${this.#name}-${++this.made}`, true);
    });
  }

  #draw(below: number): number {
    return Math.floor(this.#random() * below);
  }
}

/** What a document says, to be compared. */
export const contentOf = (doc: Y.Doc): { readonly text: string; readonly marks: readonly string[] } => ({
  text: doc.getText("t").toString(),
  marks: [...doc.getMap("marks").keys()].toSorted(),
});
