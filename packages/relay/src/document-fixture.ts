/**
 * For tests: people who type into documents, with the Yjs that an app would have.
 */
import {
  updatesOf,
  type Commit,
  type Mutation,
  type PackedKey,
  type Patch,
  type PatchEntry,
  type Revision,
} from "@rockpool/model";
import * as Y from "yjs";
import { commitOf, key } from "./commit-fixture.ts";
import { ruleOn } from "./engine-fixture.ts";
import type { Engine, Page } from "./engine.ts";

/** One device's copy of one document, whose edits are updates. Its client id is that of its name. */
export class Author {
  doc: Y.Doc = new Y.Doc();
  readonly #host: string;
  #n = 0;

  constructor(host: string) {
    this.#host = host;
    this.begin([]);
  }

  /** Takes up these updates instead of what it had. */
  begin(updates: readonly Uint8Array[]): void {
    this.doc = docOf(updates);
    this.doc.clientID = [...this.#host].reduce((id, letter) => id * 64 + letter.charCodeAt(0), 1) % 2 ** 32;
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

/** Merges, one a commit and a turn, each adding a letter. */
export const typeOn = async (
  engine: Engine,
  author: Author,
  name: string,
  letters: string,
): Promise<void> => {
  for (const letter of letters) await ruleOn(engine, author.typing(name, letter));
};

/** What a replica that takes up every part and page holds: its entries, documents by their updates. */
export class ReplicaView {
  cursor: Revision = 0;
  readonly #revisionByKey = new Map<PackedKey, Revision>();
  readonly #documentByKey = new Map<
    PackedKey,
    { readonly incarnation: number | null; readonly updates: readonly Uint8Array[] }
  >();

  take({ entries, to }: Pick<Patch, "entries" | "to">): void {
    this.takeEntries(entries);
    this.cursor = to;
  }

  takePage({ entries, head }: Page): this {
    this.cursor = head;
    return this.takeEntries(entries);
  }

  takeEntries(entries: readonly PatchEntry[]): this {
    for (const entry of entries) this.#takeEntry(entry);
    return this;
  }

  /** The text of the document under a key; undefined where there is none. */
  text(name: string): string | undefined {
    const held = this.#documentByKey.get(key(name));
    return held && textOf(held.updates);
  }

  updateCount(name: string): number {
    return this.#documentByKey.get(key(name))?.updates.length ?? 0;
  }

  /** By key. */
  revisions(): [PackedKey, Revision][] {
    return [...this.#revisionByKey].toSorted(([a], [b]) => (a < b ? -1 : 1));
  }

  #takeEntry({ key: at, value, revision, appends }: PatchEntry): void {
    if (value === undefined) this.#revisionByKey.delete(at);
    else this.#revisionByKey.set(at, revision);
    if (value?.encoding !== "document") return void this.#documentByKey.delete(at);
    const { incarnation } = value;
    const held = this.#documentByKey.get(at);
    const kept = appends === true && held?.incarnation === incarnation ? held.updates : [];
    this.#documentByKey.set(at, { incarnation, updates: [...kept, ...updatesOf(value.data)] });
  }
}
