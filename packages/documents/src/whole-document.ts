/**
 * What a document in hand becomes when the bucket tells all that stands of it. Yjs can add and never take
 * away: a document that has something the bucket does not have is put aside for a fresh one. Own edits that
 * no commit has yet are carried over where they stand on what is left, and handed back where they do not.
 */
import { isMarker } from "@rockpool/model";
import * as Y from "yjs";
import { applyUpdates } from "./apply-updates.ts";

/** Why a document was put aside. */
export type ReplacedReason =
  /** It was deleted, and nothing stands. */
  | "deleted"
  /** Another one, or a value that is no document, was put under its key. */
  | "overwritten"
  /** Some of its edits were refused or are gone. */
  | "rejected";

export interface Standing {
  readonly stands: "document" | "nothing" | "other";
  readonly incarnation: number | null;
  /** All of its updates, in order. */
  readonly updates: readonly Uint8Array[];
}

export interface InHand {
  readonly doc: Y.Doc;
  /** Undefined before anything was told of it. */
  readonly incarnation: number | null | undefined;
  /** Own edits that need not be in what stands, in order: in no commit yet, or in a later one. */
  readonly own: readonly Uint8Array[];
}

export type Arrival =
  /** It stands, with all that is in hand: what is new is to be applied. */
  | { readonly type: "grown" }
  | {
      readonly type: "replaced";
      /** What stands, with the own edits that were carried over. */
      readonly doc: Y.Doc;
      readonly reason: ReplacedReason;
      /** True: the own edits are not in it. */
      readonly isLost: boolean;
    };

/** Compares what is in hand with what stands; changes neither. `origin` is that of what it applies to a fresh document. */
export const receiveWhole = (
  inHand: InHand,
  standing: Standing,
  createDoc: () => Y.Doc,
  origin: unknown,
): Arrival => {
  const { doc, own } = inHand;
  if (isBlank(doc)) return { type: "grown" };
  const all = buildDoc([...standing.updates, ...own]);
  if (mayBeSame(inHand, standing) && containsDoc(all, doc)) return { type: "grown" };
  const reason = reasonOf(inHand, standing);
  // Where the document is another one, an edit of the old one has no place, though it might find one.
  const isCarried = reason === "rejected" && (!hasGaps(all) || hasGaps(buildDoc(standing.updates)));
  const fresh = createDoc();
  applyUpdates(fresh, isCarried ? [...standing.updates, ...own] : standing.updates, origin);
  return { type: "replaced", doc: fresh, reason, isLost: own.length > 0 && !isCarried };
};

/** True for a document that nothing was ever added to. */
export const isBlank = (doc: Y.Doc): boolean => doc.store.clients.size === 0 && !hasGaps(doc);

/** True when the document holds updates that wait for others. */
export const hasGaps = ({ store }: Y.Doc): boolean =>
  store.pendingStructs !== null || store.pendingDs !== null;

/** True when all that is in `part` is in `whole`: every insertion and every deletion. Marks of stock clients are none. */
export const containsDoc = (whole: Y.Doc, part: Y.Doc): boolean => {
  const has = Y.snapshot(whole);
  const needed = Y.snapshot(part);
  for (const [client, clock] of needed.sv) {
    if ((has.sv.get(client) ?? 0) < clock && !isMarker(client, clock)) return false;
  }
  for (const [client, deletions] of needed.ds.clients) {
    for (const { clock, len } of deletions) {
      if (isMarker(client, clock + len)) continue;
      const holds = has.ds.clients
        .get(client)
        ?.some((run) => run.clock <= clock && clock + len <= run.clock + run.len);
      if (holds !== true) return false;
    }
  }
  return true;
};

/** True when an edit adds nothing to these updates. */
export const containsEdit = (updates: readonly Uint8Array[], edit: readonly Uint8Array[]): boolean => {
  const [whole, edited] = [buildDoc(updates), buildDoc([...updates, ...edit])];
  return containsDoc(whole, edited) && (!hasGaps(edited) || hasGaps(whole));
};

/**
 * A document that commits on their way made has no incarnation yet, and gets one. One that had a number and has
 * none any more waits for a relay: that it is the same one shows by what it has. Any other change of
 * incarnation is another document, unless nothing stands and nothing was in hand but own edits.
 */
const mayBeSame = ({ incarnation }: InHand, standing: Standing): boolean => {
  if (standing.stands === "other") return false;
  if (incarnation === undefined || incarnation === null || standing.stands === "nothing") return true;
  return standing.incarnation === null || standing.incarnation === incarnation;
};

const reasonOf = ({ incarnation }: InHand, standing: Standing): ReplacedReason => {
  if (standing.stands === "nothing") return "deleted";
  const isOther = typeof incarnation === "number" && standing.incarnation !== incarnation;
  return standing.stands === "other" || isOther ? "overwritten" : "rejected";
};

const buildDoc = (updates: readonly Uint8Array[]): Y.Doc => {
  const doc = new Y.Doc();
  applyUpdates(doc, updates, null);
  return doc;
};
