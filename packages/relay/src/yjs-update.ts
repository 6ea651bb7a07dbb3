/**
 * Reads a Yjs update of format v1 for what it depends on, and no more: structs with their clocks, and ranges
 * that are deleted. The contents are read past, not made: in `Y.decodeUpdate` one byte in six of an update
 * may make a whole `Y.Doc`, and 1 MiB of them takes seconds. What Yjs cannot read is malformed here too.
 * @see https://github.com/yjs/yjs/blob/main/src/utils/updates.js (lazyStructReaderGenerator)
 */
import * as decoding from "lib0/decoding";

export interface Id {
  readonly client: number;
  readonly clock: number;
}

/** A run of clocks of one client. */
export interface Struct {
  readonly clock: number;
  /** At least 1. */
  readonly length: number;
  /** Of a gap: what lies there is not in the update. */
  readonly isSkip: boolean;
  /** What must be there before: origins and parent. */
  readonly dependencies: readonly Id[];
  readonly isSubdocument: boolean;
}

export interface YjsUpdate {
  /** In the order of their clocks; no client twice. */
  readonly structsByClient: ReadonlyMap<number, readonly Struct[]>;
  /** Ranges of clocks. */
  readonly deletions: readonly (Id & { readonly length: number })[];
  readonly subdocuments: number;
}

/** Of one update, and of a document. Yjs makes a whole `Y.Doc` of each, wherever it reads the update: some 80 µs. */
export const subdocumentsMax = 1000;

/** Undefined for bytes that are no update, for one that Yjs would not take up as it stands there, and one of too many subdocuments. */
export const readUpdate = (bytes: Uint8Array): YjsUpdate | undefined => {
  try {
    const decoder = decoding.createDecoder(bytes);
    const structsByClient = readStructs(decoder);
    const subdocuments = countSubdocuments(structsByClient);
    if (subdocuments > subdocumentsMax) return undefined;
    return { structsByClient, deletions: readDeletions(decoder), subdocuments };
  } catch {
    // Whatever a reader of hostile bytes throws (RangeError, TypeError, SyntaxError …), they are no update.
    return undefined;
  }
};

const readStructs = (decoder: decoding.Decoder): Map<number, Struct[]> => {
  const structsByClient = new Map<number, Struct[]>();
  for (let left = decoding.readVarUint(decoder); left > 0; left--) {
    let count = decoding.readVarUint(decoder);
    const client = decoding.readVarUint(decoder);
    let clock = decoding.readVarUint(decoder);
    // A client's second section would take the place of its first.
    if (count === 0 || structsByClient.has(client)) throw malformed();
    const structs: Struct[] = [];
    for (; count > 0; count--) {
      const struct = readStruct(decoder, clock);
      structs.push(struct);
      clock = endOf(struct.clock, struct.length);
    }
    structsByClient.set(client, structs);
  }
  return structsByClient;
};

const countSubdocuments = (structsByClient: ReadonlyMap<number, readonly Struct[]>): number => {
  let count = 0;
  for (const structs of structsByClient.values()) {
    for (const { isSubdocument } of structs) if (isSubdocument) count++;
  }
  return count;
};

const none: readonly Id[] = [];

const readStruct = (decoder: decoding.Decoder, clock: number): Struct => {
  if (!decoding.hasContent(decoder)) throw malformed();
  const info = decoding.readUint8(decoder);
  const content = info & 0x1f;
  if (content === 0 || info === skipInfo) {
    const length = decoding.readVarUint(decoder);
    return { clock, length, isSkip: info === skipInfo, dependencies: none, isSubdocument: false };
  }
  const dependencies: Id[] = [];
  const hasOrigin = (info & 0x80) !== 0;
  const hasRightOrigin = (info & 0x40) !== 0;
  if (hasOrigin) dependencies.push(readId(decoder));
  if (hasRightOrigin) dependencies.push(readId(decoder));
  if (!hasOrigin && !hasRightOrigin) {
    const isRoot = decoding.readVarUint(decoder) === 1;
    if (isRoot) decoding.readVarString(decoder);
    else dependencies.push(readId(decoder));
    if ((info & 0x20) !== 0) decoding.readVarString(decoder);
  }
  const length = readContent(decoder, content);
  return { clock, length, isSkip: false, dependencies, isSubdocument: content === subdocumentContent };
};

/** What a gap has in the place of a content. */
const skipInfo = 10;
const subdocumentContent = 9;

const readId = (decoder: decoding.Decoder): Id => ({
  client: decoding.readVarUint(decoder),
  clock: decoding.readVarUint(decoder),
});

/** Reads past the content of an item; its length in clocks. Numbers and types: yjs/src/structs/Content*.js. */
const readContent = (decoder: decoding.Decoder, content: number): number => {
  switch (content) {
    case 1:
      return decoding.readVarUint(decoder);
    case 2:
      return readEach(decoder, readJson);
    case 3:
      decoding.readVarUint8Array(decoder);
      return 1;
    case 4:
      return decoding.readVarString(decoder).length;
    case 5:
      JSON.parse(decoding.readVarString(decoder));
      return 1;
    case 6:
      decoding.readVarString(decoder);
      JSON.parse(decoding.readVarString(decoder));
      return 1;
    case 7:
      readType(decoder);
      return 1;
    case 8:
      return readEach(decoder, decoding.readAny);
    case subdocumentContent:
      decoding.readVarString(decoder);
      // The options of a subdocument.
      if (!isObject(decoding.readAny(decoder))) throw malformed();
      return 1;
    default:
      throw malformed();
  }
};

const readEach = (decoder: decoding.Decoder, readOne: (decoder: decoding.Decoder) => unknown): number => {
  const count = decoding.readVarUint(decoder);
  for (let left = count; left > 0; left--) readOne(decoder);
  return count;
};

const readJson = (decoder: decoding.Decoder): void => {
  const text = decoding.readVarString(decoder);
  if (text !== "undefined") JSON.parse(text);
};

const readType = (decoder: decoding.Decoder): void => {
  const type = decoding.readVarUint(decoder);
  if (type > 6) throw malformed();
  // An XML element and a hook have a name.
  if (type === 3 || type === 5) decoding.readVarString(decoder);
};

const isObject = (value: unknown): boolean => typeof value === "object" && value !== null;

const readDeletions = (decoder: decoding.Decoder): (Id & { readonly length: number })[] => {
  const deletions: (Id & { readonly length: number })[] = [];
  for (let clients = decoding.readVarUint(decoder); clients > 0; clients--) {
    const client = decoding.readVarUint(decoder);
    for (let ranges = decoding.readVarUint(decoder); ranges > 0; ranges--) {
      const clock = decoding.readVarUint(decoder);
      const length = decoding.readVarUint(decoder);
      endOf(clock, length);
      deletions.push({ client, clock, length });
    }
  }
  return deletions;
};

/** @throws for a range of nothing, and for one that numbers cannot hold */
const endOf = (clock: number, length: number): number => {
  const end = clock + length;
  if (length < 1 || !Number.isSafeInteger(end)) throw malformed();
  return end;
};

const malformed = (): Error => new Error("the bytes are no update");
