/**
 * Stamps grow whatever the clock does, and their order as
 * text is their order in time.
 */
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  counterOfStamp,
  createStamp,
  isStamp,
  laterStamp,
  msOfStamp,
  nextStamp,
  stampAfter,
  stampMsMax,
  zeroStamp,
} from "./stamp.ts";

const someMs = fc.oneof(fc.nat(3), fc.integer({ min: 0, max: stampMsMax - 1 }));
const someCounter = fc.oneof(fc.nat(2), fc.constant(0xffff), fc.nat(0xffff));
const someHost = fc.constantFrom("a", "b", "Z9");
const someStamp = fc
  .tuple(someMs, someCounter, someHost)
  .map(([ms, counter, host]) => createStamp(ms, counter, host));

describe("a stamp", () => {
  test("holds time, counter and host in 16 hex digits and a name", () => {
    const stamp = createStamp(0x18f_0000_0001, 0x2a, "h1");
    expect(stamp).toBe("018f00000001002a-h1");
    expect([msOfStamp(stamp), counterOfStamp(stamp)]).toEqual([0x18f_0000_0001, 0x2a]);
  });

  test("orders as a string by time, then counter, then host", () => {
    fc.assert(
      fc.property(
        someMs,
        someCounter,
        someHost,
        someMs,
        someCounter,
        someHost,
        (msA, cA, hA, msB, cB, hB) => {
          const [a, b] = [createStamp(msA, cA, hA), createStamp(msB, cB, hB)];
          const expected = msA !== msB ? msA < msB : cA !== cB ? cA < cB : hA < hB;
          expect(a < b).toBe(expected);
          expect(laterStamp(a, b)).toBe(expected ? b : a);
          expect(zeroStamp < a).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("carries a full counter into the time", () => {
    expect(stampAfter(createStamp(5, 0xffff, "a"), "b")).toBe(createStamp(6, 0, "b"));
    expect(stampAfter(createStamp(5, 0xfffe, "a"), "b")).toBe(createStamp(5, 0xffff, "b"));
  });

  test("is told from other strings", () => {
    fc.assert(fc.property(someStamp, (stamp) => isStamp(stamp)));
    expect(isStamp(zeroStamp)).toBe(true);
    for (const other of [
      "",
      "018f00000001002a",
      "018f00000001002-h",
      "018F00000001002a-h",
      "018f00000001002a-h!",
      5,
      null,
    ]) {
      expect(isStamp(other)).toBe(false);
    }
  });

  test.each([
    [-1, 0],
    [stampMsMax + 1, 0],
    [0.5, 0],
    [1, -1],
    [1, 0x10000],
  ])("is not made of %d ms and counter %d", (ms, counter) => {
    expect(() => createStamp(ms, counter, "a")).toThrow("invariant");
  });
});

describe("the hybrid clock", () => {
  test("follows a clock that runs ahead of all it has seen", () => {
    expect(nextStamp(createStamp(5, 7, "a"), 9.9, "b")).toBe(createStamp(9, 0, "b"));
  });

  test("ticks when the clock stands or falls back", () => {
    expect(nextStamp(createStamp(5, 7, "a"), 5, "b")).toBe(createStamp(5, 8, "b"));
    expect(nextStamp(createStamp(5, 7, "a"), 2, "b")).toBe(createStamp(5, 8, "b"));
    expect(nextStamp(createStamp(5, 7, "a"), -3, "b")).toBe(createStamp(5, 8, "b"));
  });

  test("never goes back, whatever the clock reads", () => {
    fc.assert(
      fc.property(
        someStamp,
        fc.array(fc.tuple(fc.integer({ min: -10, max: 10 }), someHost), { maxLength: 20 }),
        (first, readings) => {
          let highest = first;
          for (const [offsetMs, host] of readings) {
            const next = nextStamp(highest, msOfStamp(first) + offsetMs, host);
            expect(next > highest).toBe(true);
            highest = next;
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});
