/**
 * The check for plain JSON data: what `JSON.parse(JSON.stringify(value))` gives back as structured
 * clone would. It walks without a set of visited objects: a cycle runs into the depth bound, and an
 * object that is shared very often into the bound on nodes.
 */
import { valueBytesMax } from "./limits.ts";

/** Deepest nesting that is called plain. Deeper values take the rich codec. */
export const jsonDepthMax = 200;

/** More nodes than this make a text over the limit of values anyway. */
const nodesMax = valueBytesMax;

/**
 * True for null, booleans, strings, finite numbers but -0, and dense arrays and plain objects of
 * them. False for what JSON would drop, change or read twice: undefined, holes, named members of an
 * array, symbol keys, functions, instances of classes, cycles. Getters are read, as structured clone
 * reads them; one that answers differently the second time is stored with its second answer.
 */
export const isPlainJson = (value: unknown): boolean => nodesLeft(value, jsonDepthMax, nodesMax) >= 0;

/** Nodes left of `nodes` after walking `value`; negative when it is not plain. */
const nodesLeft = (value: unknown, depth: number, nodes: number): number => {
  switch (typeof value) {
    case "string":
    case "boolean":
      return nodes - 1;
    case "number":
      return isPlainNumber(value) ? nodes - 1 : -1;
    case "object":
      if (value === null) return nodes - 1;
      if (depth === 0) return -1;
      return Array.isArray(value)
        ? leftAfterArray(value, depth, nodes)
        : leftAfterObject(value, depth, nodes);
    default:
      return -1;
  }
};

const isPlainNumber = (value: number): boolean => Number.isFinite(value) && (value !== 0 || 1 / value > 0);

const leftAfterArray = (array: readonly unknown[], depth: number, nodes: number): number => {
  if (Object.getPrototypeOf(array) !== Array.prototype) return -1;
  // More keys than elements: named members, which structured clone keeps. Fewer: holes.
  if (Object.keys(array).length !== array.length || hasSymbols(array)) return -1;
  let left = nodes - 1;
  for (let index = 0; index < array.length && left >= 0; index++) {
    left = nodesLeft(array[index], depth - 1, left);
  }
  return left;
};

const leftAfterObject = (object: object, depth: number, nodes: number): number => {
  const prototype: unknown = Object.getPrototypeOf(object);
  if ((prototype !== Object.prototype && prototype !== null) || hasSymbols(object)) return -1;
  let left = nodes - 1;
  // for…in is twice as fast as Object.keys; it may also meet what somebody added to Object.prototype, which does no harm.
  for (const key in object) {
    left = nodesLeft((object as Readonly<Record<string, unknown>>)[key], depth - 1, left);
    if (left < 0) return -1;
  }
  return left;
};

const hasSymbols = (object: object): boolean => Object.getOwnPropertySymbols(object).length > 0;
