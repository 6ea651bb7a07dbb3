/**
 * The documents that the app in a tab has open: each a Y.Doc that follows what the tab shows, as long as
 * all that it holds is shown. Once something of it is not (refused, lost, replaced, never stored), it is
 * left and another one begun, under another client id: Yjs must never see two edits under one number.
 */
import type { TransportMutation } from "@rockpool/host";
import { createChecksum, type PackedKey, updatesOf } from "@rockpool/model";
import * as Y from "yjs";
import type { CommitAsked, DocumentWrite, Write } from "./actions.ts";
import { Chance } from "./chance.ts";
import { docOf, isWithin } from "./document-state.ts";
import { keyOf, mutationOf as plainMutationOf } from "./draw-commit.ts";
import { editDocument } from "./edit-document.ts";
import type { DocumentItem } from "./followed-document.ts";
import type { VirtualTab } from "./virtual-device.ts";

interface OpenDocument {
  readonly doc: Y.Doc;
  /** As it was shown last; null for none, and for one that the relay has not heard of. */
  readonly incarnation: number | null;
}

export class AppDocuments {
  readonly #openByTab = new WeakMap<VirtualTab, Map<PackedKey, OpenDocument>>();

  /** What writes are to a host, the `time`th time that their operation makes them. */
  async mutationsOf(
    tab: VirtualTab,
    { writes, strong = true }: CommitAsked,
    time: number,
  ): Promise<readonly TransportMutation[]> {
    const mutations: TransportMutation[] = [];
    /** What the commit itself has made of its documents so far. */
    const made = new Map<PackedKey, OpenDocument>();
    for (const write of writes) {
      const key = keyOf(write[1]);
      if (isOfDocument(write)) {
        const before =
          made.get(key) ?? (write[0] === "edit" ? await this.#read(tab, key, strong) : undefined);
        mutations.push(mutationOf(write, time, before ?? begin(tab), (document) => made.set(key, document)));
      } else {
        mutations.push(plainMutationOf(write, time));
        if (write[0] === "delete") made.set(key, begin(tab));
      }
    }
    return mutations;
  }

  /** Has the device keep in one update what is confirmed of a document, as its library does once it is loaded. */
  async compact(tab: VirtualTab, name: string): Promise<void> {
    const key = keyOf(name);
    const { promise, resolve } = Promise.withResolvers<DocumentItem>();
    const stop = tab.followDocument(key, resolve);
    const item = await promise;
    stop();
    if (!item.whole || item.confirmed.length === 0) return;
    const { incarnation, confirmed } = item;
    const checksum = createChecksum();
    checksum.add(confirmed);
    const digest = checksum.digest();
    const update = Y.encodeStateAsUpdate(docOf(updatesOf(confirmed)));
    await tab.host.call("compact", { key, incarnation, length: confirmed.length, digest, update });
  }

  /** What was written was not stored, or nobody knows: what is open of it is left. */
  leave(tab: VirtualTab, writes: readonly Write[]): void {
    for (const [, name] of writes) this.#openOf(tab).delete(keyOf(name));
  }

  /** The document as the tab shows it: the one that its app has open, if all of that is shown. */
  async #read(tab: VirtualTab, key: PackedKey, strong: boolean): Promise<OpenDocument> {
    const { value } = await tab.get(key, strong);
    const open = this.#openOf(tab);
    const isThere = value?.encoding === "document";
    const shown = docOf(isThere ? updatesOf(value.data) : []);
    const before = open.get(key);
    const { doc } = before !== undefined && isWithin(before.doc, shown) ? before : begin(tab);
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(shown));
    const document = { doc, incarnation: isThere ? value.incarnation : null };
    open.set(key, document);
    return document;
  }

  #openOf(tab: VirtualTab): Map<PackedKey, OpenDocument> {
    let open = this.#openByTab.get(tab);
    if (open === undefined) this.#openByTab.set(tab, (open = new Map()));
    return open;
  }
}

/** Under a client id that is the run's, not Yjs' own: the same seed, the same run. */
const begin = ({ device: { world } }: VirtualTab): OpenDocument => {
  // A name of its own would be drawn at random, at length.
  const doc = new Y.Doc({ guid: "" });
  doc.clientID = Number.parseInt(world.drawId().slice(0, 8), 16);
  return { doc, incarnation: null };
};

const isOfDocument = (write: Write): write is DocumentWrite =>
  write[0] === "edit" || write[0] === "begin" || write[0] === "scribble";

const mutationOf = (
  [type, name, label]: DocumentWrite,
  time: number,
  document: OpenDocument,
  onMade: (document: OpenDocument) => void,
): TransportMutation => {
  const { doc, incarnation } = document;
  const key = keyOf(name);
  // No update begins so.
  if (type === "scribble") {
    return { type: "merge", key, update: Uint8Array.of(255, label % 128), incarnation: null };
  }
  const update = editDocument(doc, new Chance(label + time), label + time);
  onMade(document);
  return { type: "merge", key, update, incarnation };
};
