/**
 * The codec of the encoding `rich`: whatever structured clone holds and JSON does not, as text.
 * It writes and reads the node trees of seroval in its JSON mode, which builds values from data and
 * evaluates nothing. The text may come from another device, so reading admits the kinds of nodes
 * that stand for data and refuses the rest: promises, streams, iterators, symbols, references and
 * plugins never reach seroval.
 * @see https://github.com/lxsmnsyc/seroval
 */
import {
  cloneStorable,
  encodeValue,
  KvError,
  type RichValue,
  storableDepthMax,
  type Value,
} from "@rockpool/model";
import { Feature, fromCrossJSON, toCrossJSON, type SerovalNode } from "seroval";

/**
 * Encodes what structured clone makes of `value`; plain JSON if that is enough for it.
 * @throws TypeError for what cannot be kept, naming the path where it can.
 */
export const encodeRich = (value: unknown): Value => {
  const clone = cloneStorable(value);
  return encodeValue(clone) ?? { encoding: "rich", data: formatTag + JSON.stringify(treeOf(clone)) };
};

/** @throws KvError "corrupt" for text that this codec did not write. */
export const decodeRich = (value: RichValue): unknown => {
  try {
    return valueOf(parseTree(value.data));
  } catch (cause) {
    throw new KvError("corrupt", "A stored rich value does not decode", { cause });
  }
};

/** Before every text, in case another format follows. Written to disk: never change it, add another. */
const formatTag = "1";

/** What the codec writes and reads with: classes that structured clone never gives are switched off. */
const options = {
  disabledFeatures: Feature.AggregateError | Feature.Temporal,
  // A level of the value may be two for seroval (a view and its buffer).
  depthLimit: storableDepthMax * 2,
  // The size of values is limited elsewhere.
  maxBase64Length: Number.MAX_SAFE_INTEGER,
};

const treeOf = (clone: unknown): SerovalNode => {
  try {
    const tree = toCrossJSON(clone, options);
    // Some of seroval's limits hold for reading alone: better refused now than lost.
    valueOf(tree);
    return tree;
  } catch (cause) {
    throw new TypeError(
      "value cannot be stored: a bigint of it has more than 10000 digits, a regular expression more than 20000 characters, or an array more than 1000000 elements",
      { cause },
    );
  }
};

const valueOf = (tree: SerovalNode): unknown => {
  const valueById = new Map<number, unknown>();
  const value: unknown = fromCrossJSON(tree, { ...options, refs: valueById });
  for (const part of valueById.values()) if (part instanceof Error) hideErrorMembers(part);
  return value;
};

/** seroval gives an error's members as ordinary ones; in an error they do not enumerate. */
const hideErrorMembers = (error: Error): void => {
  for (const name of Object.getOwnPropertyNames(error)) {
    Object.defineProperty(error, name, { enumerable: false });
  }
};

const parseTree = (text: string): SerovalNode => {
  if (!text.startsWith(formatTag)) throw new TypeError("unknown format");
  const tree: unknown = JSON.parse(text.slice(formatTag.length));
  assertDataNodes(tree, treeDepthMax);
  return tree as SerovalNode;
};

/** The node types of seroval that stand for data (its SerovalNodeType). */
const dataNodeTypes: ReadonlySet<unknown> = new Set([
  0, // number
  1, // string
  2, // constant
  3, // bigint
  4, // an object met before
  5, // Date
  6, // RegExp
  7, // Set
  8, // Map
  9, // array
  10, // object
  13, // Error
  15, // typed array
  16, // BigInt64Array, BigUint64Array
  19, // ArrayBuffer
  20, // DataView
  21, // boxed primitive
  26, // placeholder beside a Map or an ArrayBuffer, never read
]);

/** JSON levels of a tree: at most four for one of the value. */
const treeDepthMax = storableDepthMax * 4 + 8;

/** Walks all that was parsed, nodes or not, so that no node can hide in a place where none is looked for. */
const assertDataNodes = (tree: unknown, depth: number): void => {
  if (typeof tree !== "object" || tree === null) return;
  if (depth === 0) throw new TypeError("nested too deeply");
  if ("t" in tree && !dataNodeTypes.has(tree.t)) {
    throw new TypeError(`node type ${String(tree.t)} is not admitted`);
  }
  for (const member of Object.values(tree)) assertDataNodes(member, depth - 1);
};
