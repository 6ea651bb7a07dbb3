/**
 * For tests: people who type into documents, with the Yjs that an app would have.
 */
import type { Commit, Mutation, Revision } from "@rockpool/model";
import * as Y from "yjs";
import { commitOf, key } from "./commit-fixture.ts";

/** One device's copy of one document, whose edits are updates. Its client id is that of its name. */
export class Author {
  readonly doc: Y.Doc = new Y.Doc();
  readonly #host: string;
  #n = 0;

  constructor(host: string) {
    this.#host = host;
    this.doc.clientID = [...host].reduce((id, letter) => id * 64 + letter.charCodeAt(0), 1) % 2 ** 32;
  }

  /** What the edit of the document comes to. */
  edit(change: (doc: Y.Doc) => void): Uint8Array {
    const updates: Uint8Array[] = [];
    const keep = (update: Uint8Array): void => void updates.push(update);
    this.doc.on("update", keep);
    this.doc.transact(() => change(this.doc));
    this.doc.off("update", keep);
    return updates.length === 1 && updates[0] !== undefined ? updates[0] : Y.mergeUpdates(updates);
  }

  /** The update that adds letters to the end of the text. */
  update(letters: string): Uint8Array {
    return this.edit((doc) => doc.getText().insert(doc.getText().length, letters));
  }

  /** A commit of the next name of this author. */
  commit(mutations: readonly Mutation[], options: Parameters<typeof commitOf>[3] = {}): Commit {
    return commitOf(this.#host, ++this.#n, mutations, options);
  }

  /** A commit that adds letters to the text of the document under a key. */
  typing(name: string, letters: string, incarnation: Revision | null = null): Commit {
    return this.commit([merge(name, this.update(letters), incarnation)]);
  }

  hear(...updates: readonly Uint8Array[]): void {
    for (const update of updates) Y.applyUpdate(this.doc, update);
  }
}

export const merge = (name: string, update: Uint8Array, incarnation: Revision | null = null): Mutation => ({
  type: "merge",
  key: key(name),
  update,
  incarnation,
});

/** A plain document of all these updates. */
export const docOf = (updates: readonly Uint8Array[]): Y.Doc => {
  const doc = new Y.Doc();
  for (const update of updates) Y.applyUpdate(doc, update);
  return doc;
};

export const textOf = (updates: readonly Uint8Array[]): string => docOf(updates).getText().toString();
