/**
 * Selectors take Deno's four forms, and refuse the others at
 * the call or at the first read.
 */
import { describe, expect, test } from "vitest";
import { packKey } from "./packed-key.ts";
import { encodeCursor, inRange, isEmptyRange, resumeRange } from "./range.ts";
import { checkSelector, resolveSelector, type Selector } from "./selector.ts";

const anything = (selector: unknown) => selector as Selector;
const lettersIn = (selector: Selector): string =>
  [..."abcdef"].filter((letter) => inRange(resolveSelector(selector), packKey(["p", letter]))).join("");

describe("a selector", () => {
  test("takes keys below a prefix, from start to before end", () => {
    expect(lettersIn({ prefix: ["p"] })).toBe("abcdef");
    expect(lettersIn({ prefix: ["p"], start: ["p", "c"] })).toBe("cdef");
    expect(lettersIn({ prefix: ["p"], end: ["p", "c"] })).toBe("ab");
    expect(lettersIn({ start: ["p", "b"], end: ["p", "e"] })).toBe("bcd");
    expect(lettersIn({ start: [], end: ["p", "b"] })).toBe("a");
    expect(lettersIn({ prefix: [], start: ["p", "e"] })).toBe("ef");
  });

  test("leaves out what its prefix does not hold, whatever its bounds", () => {
    const range = resolveSelector({ prefix: ["p"], start: ["p", "a"] });
    expect(inRange(range, packKey(["q"]))).toBe(false);
    expect(inRange(resolveSelector({ prefix: ["p"], end: ["p", "b"] }), packKey(["p"]))).toBe(false);
  });

  test("whose start is its end holds nothing", () => {
    expect(isEmptyRange(resolveSelector({ start: ["a"], end: ["a"] }))).toBe(true);
  });

  test("leaves a cursor behind its start, where its end begins like it", () => {
    const range = resolveSelector({ start: ["b"], end: ["b", 2] });
    const cursor = encodeCursor(range, packKey(["b"]));
    expect(cursor).not.toBe("");
    expect(inRange(resumeRange(range, cursor, false), packKey(["b"]))).toBe(false);
    expect(inRange(resumeRange(range, cursor, false), packKey(["b", 1]))).toBe(true);
  });

  test("cuts off cursors what its bounds share, down to the byte", () => {
    expect(resolveSelector({ prefix: ["p"], start: ["p", "c"] }).common).toBe(packKey(["p"]));
    expect(resolveSelector({ start: ["ab"], end: ["ac"] }).common).toBe("\x02a");
    expect(resolveSelector({ start: [], end: ["ac"] }).common).toBe("");
  });

  test.each([
    {},
    { start: ["a"] },
    { end: ["a"] },
    { prefix: undefined, start: ["a"] },
    Object.create({ prefix: ["a"] }),
    null,
    "a",
  ])("%j is refused at the call: it says too little", (selector) => {
    const refusal = new TypeError("Selector must specify either 'prefix' or both 'start' and 'end' key");
    expect(() => checkSelector(anything(selector))).toThrow(refusal);
  });

  test("is refused at the call when it says too much", () => {
    expect(() => checkSelector(anything({ prefix: ["a"], start: ["a", "b"], end: ["a", "c"] }))).toThrow(
      new TypeError("Selector can not specify both 'start' and 'end' key when specifying 'prefix'"),
    );
  });

  test("may carry undefined members", () => {
    expect(checkSelector(anything({ prefix: ["a"], start: undefined, end: ["a", "b"] }))).toEqual({
      prefix: ["a"],
      end: ["a", "b"],
    });
  });

  test.each([["p"], ["q"], ["a"], ["pp", "x"], []])(
    "whose bound is %j lies outside its prefix when it is read",
    (...bound) => {
      expect(() => checkSelector({ prefix: ["p"], start: bound })).not.toThrow();
      expect(() => resolveSelector({ prefix: ["p"], start: bound })).toThrow(
        new TypeError("Start key is not in the keyspace defined by prefix"),
      );
      expect(() => resolveSelector({ prefix: ["p"], end: bound })).toThrow(
        new TypeError("End key is not in the keyspace defined by prefix"),
      );
    },
  );

  test("whose start lies above its end is refused when it is read", () => {
    expect(() => checkSelector({ start: ["b"], end: ["a"] })).not.toThrow();
    expect(() => resolveSelector({ start: ["b"], end: ["a"] })).toThrow(
      new TypeError("Start key is greater than end key"),
    );
  });

  test("with a bad key part is refused when it is read", () => {
    const selector = anything({ prefix: [null] });
    expect(() => checkSelector(selector)).not.toThrow();
    expect(() => resolveSelector(selector)).toThrow(
      "expected string, number, bigint, ArrayBufferView, boolean",
    );
    expect(() => resolveSelector(anything({ prefix: "p" }))).toThrow("expected: array");
  });

  test("is copied, so that its maker may change it", () => {
    const prefix = ["p"];
    const copy = checkSelector({ prefix });
    prefix.push("q");
    expect(copy).toEqual({ prefix: ["p"] });
  });
});
