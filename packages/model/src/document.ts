/**
 * Documents: values that are not replaced but edited together. To this package a document is a list of
 * opaque updates, kept one after another in one run of bytes, each behind its length. Who knows what an
 * update says (Yjs) applies them in any order, any number of times.
 */
import { documentBytesMax } from "./limits.ts";

/** A document as it is kept and sent. */
export interface DocumentValue {
  readonly encoding: "document";
  /** The updates, each behind its length as a varuint (LEB128). Never written to once it is a value. */
  readonly data: Uint8Array;
  /**
   * Which document under its key it is: the revision of the last set or delete of the key, 0 if there was
   * none; null while only commits that wait for the relay made it. In a bucket without a relay, the reading
   * of the commit that made it, in ms since 1970.
   */
  readonly incarnation: number | null;
}

/**
 * A document as a reader gets it: apply all its updates, in order, to an empty `Y.Doc`. Written by merges
 * alone, never by `set`.
 */
export class KvDocument {
  /** Yjs updates of format v1. */
  readonly updates: readonly Uint8Array[];

  constructor(updates: readonly Uint8Array[]) {
    this.updates = updates;
    Object.freeze(this);
  }

  get [Symbol.toStringTag](): string {
    return "KvDocument";
  }
}

/** A document of one update. */
export const createDocument = (update: Uint8Array, incarnation: number | null): DocumentValue => ({
  encoding: "document",
  data: updateLog([update]),
  incarnation,
});

/** The document with one more update. Costs as {@link appendUpdates}. */
export const appendUpdate = (document: DocumentValue, update: Uint8Array): DocumentValue =>
  appendUpdates(document, [update]);

/** The document with more updates. Nothing is copied, of it or of them, before somebody asks for its bytes. */
export const appendUpdates = (document: DocumentValue, updates: readonly Uint8Array[]): DocumentValue =>
  joined(document, updateLogBytes(updates), () => updateLog(updates));

/** What stood with what came: behind it in the same document, in its place otherwise. Costs as {@link appendUpdates}. */
export const joinDocuments = (before: DocumentValue, after: DocumentValue): DocumentValue =>
  before.incarnation === after.incarnation ? joined(before, documentBytes(after), () => after.data) : after;

/** The length of a document's data, in bytes, without putting it together. */
export const documentBytes = (document: DocumentValue): number =>
  joins.get(document)?.bytes ?? document.data.length;

/** Equal in incarnation and bytes. What both were made of is not compared byte by byte. */
export const equalDocuments = (a: DocumentValue, b: DocumentValue): boolean => {
  if (a === b) return true;
  if (a.incarnation !== b.incarnation || documentBytes(a) !== documentBytes(b)) return false;
  const made = new Set<DocumentValue>();
  for (let one: DocumentValue | undefined = a; one !== undefined; one = joins.get(one)?.before) made.add(one);
  let shared: DocumentValue | undefined = b;
  while (shared !== undefined && !made.has(shared)) shared = joins.get(shared)?.before;
  if (shared === undefined) return equalBytes(a.data, b.data);
  return equalBytes(bytesSince(a, shared), bytesSince(b, shared));
};

/** True for the same bytes. */
export const equalBytes = (a: Uint8Array, b: Uint8Array): boolean => {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
};

/** Updates one after another, as a document keeps them. */
export const updateLog = (updates: readonly Uint8Array[]): Uint8Array =>
  concat(updates.flatMap((update) => [varuint(update.length), update]));

/** The length of {@link updateLog}, in bytes. */
const updateLogBytes = (updates: readonly Uint8Array[]): number => {
  let bytes = 0;
  for (const { length } of updates) {
    bytes += length + 1;
    for (let rest = length; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes++;
  }
  return bytes;
};

/** The updates of a log, as views of it. @throws RangeError for bytes that are no log */
export const updatesOf = (log: Uint8Array): readonly Uint8Array[] => {
  const updates: Uint8Array[] = [];
  for (let at = 0; at < log.length;) {
    let length = 0;
    let scale = 1;
    let byte: number;
    do {
      byte = log[at++] ?? fail();
      length += (byte & 0x7f) * scale;
      scale *= 0x80;
    } while (byte >= 0x80);
    if (length > log.length - at) fail();
    updates.push(log.subarray(at, at + length));
    at += length;
  }
  return updates;
};

/** True for bytes that {@link updatesOf} takes apart. */
export const isUpdateLog = (bytes: Uint8Array): boolean => {
  try {
    updatesOf(bytes);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
};

/** What a document has too much of: value, limit and remedy; undefined within the limit. */
export const findDocumentExcess = (bytes: number): string | undefined =>
  bytes > documentBytesMax
    ? `Document too large (max ${documentBytesMax} bytes): ${bytes} bytes; begin another one under a key of its own`
    : undefined;

/** How a document was made, while its bytes are not put together. */
interface Join {
  /** Undefined once they are: it may be let go then. */
  before: DocumentValue | undefined;
  /** What came behind it. */
  readonly tail: () => Uint8Array;
  /** Of all of it. */
  readonly bytes: number;
}

/** Thousands of updates may wait behind a large document: a copy of all of it for each would be felt. */
const joins = new WeakMap<DocumentValue, Join>();

const joined = (before: DocumentValue, tailBytes: number, tail: () => Uint8Array): DocumentValue => {
  let data: Uint8Array | undefined;
  // A getter of its own: structured clone, a spread and a comparison read it like any other member.
  const document: DocumentValue = {
    encoding: "document",
    get data() {
      if (data === undefined) {
        data = bytesSince(document, undefined);
        const join = joins.get(document);
        if (join !== undefined) join.before = undefined;
      }
      return data;
    },
    incarnation: before.incarnation,
  };
  joins.set(document, { before, tail, bytes: documentBytes(before) + tailBytes });
  return document;
};

/** What came behind an earlier state of a document that it was made of; all of it for undefined. */
const bytesSince = (document: DocumentValue, earlier: DocumentValue | undefined): Uint8Array => {
  const tails: Uint8Array[] = [];
  for (let one: DocumentValue = document; one !== earlier;) {
    const join = joins.get(one);
    if (join?.before === undefined) {
      tails.push(one.data);
      break;
    }
    tails.push(join.tail());
    one = join.before;
  }
  return concat(tails.toReversed());
};

const fail = (): never => {
  throw new RangeError("the bytes of a document end within an update");
};

const varuint = (value: number): Uint8Array => {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return Uint8Array.from(bytes);
};

const concat = (parts: readonly Uint8Array[]): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};
