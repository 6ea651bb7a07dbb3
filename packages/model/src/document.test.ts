/**
 * Documents as values: logs of updates, incarnations, what merges
 * make of them, and their limits.
 */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  appendUpdate,
  createDocument,
  documentBytes,
  type DocumentValue,
  findDocumentExcess,
  isUpdateLog,
  joinDocuments,
  KvDocument,
  updateLog,
  updatesOf,
} from "./document.ts";
import { commitLimits, documentBytesMax, valueBytesMax } from "./limits.ts";
import { key, merge, text } from "./mutation-fixture.ts";
import { applyMutation, findPartExcess, mutationBytes } from "./operation.ts";
import { decodeValue, encodeValue, equalValues, isValue } from "./value.ts";
import { digestOf } from "./digest.ts";

const updates = fc.array(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => new Uint8Array(bytes)),
  { maxLength: 5 },
);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("a log gives back the updates that made it", () => {
  fc.assert(
    fc.property(updates, (list) => {
      expect(updatesOf(updateLog(list)).map((update) => [...update])).toEqual(list.map((one) => [...one]));
    }),
  );
});

test("an update of 16,384 bytes and more has a length of three bytes", () => {
  const long = new Uint8Array(16_384).fill(7);
  expect(updateLog([long]).length).toBe(16_384 + 3);
  expect(updatesOf(updateLog([long]))[0]).toEqual(long);
});

test("bytes that end within an update are no log", () => {
  expect(isUpdateLog(updateLog([bytes("ab")]))).toBe(true);
  expect(isUpdateLog(updateLog([bytes("ab")]).subarray(0, 2))).toBe(false);
  expect(isUpdateLog(Uint8Array.of(0x80))).toBe(false);
  expect(() => updatesOf(Uint8Array.of(3, 1))).toThrow(RangeError);
});

test("a document grows by updates, and joins with one of its own incarnation alone", () => {
  const document = appendUpdate(createDocument(bytes("a"), 4), bytes("b"));
  expect(document).toEqual({
    encoding: "document",
    incarnation: 4,
    data: updateLog([bytes("a"), bytes("b")]),
  });
  const more = createDocument(bytes("c"), 4);
  expect(joinDocuments(document, more).data).toEqual(updateLog([bytes("a"), bytes("b"), bytes("c")]));
  const other = createDocument(bytes("c"), 9);
  expect(joinDocuments(document, other)).toEqual(other);
});

test("a merge makes a document where its writer saw none, and grows the one it saw", () => {
  const made = applyMutation(undefined, merge("a", "one"));
  expect(made).toEqual({ ok: true, value: createDocument(bytes("one"), null) });
  const standing = createDocument(bytes("one"), 7);
  for (const incarnation of [7, null]) {
    const grown = applyMutation(standing, merge("a", "two", incarnation));
    expect(grown).toEqual({ ok: true, value: appendUpdate(standing, bytes("two")) });
  }
  expect(applyMutation(createDocument(bytes("one"), null), merge("a", "two", 7)).ok).toBe(true);
});

test("a merge is not applied to another document, to none where one was seen, or to another value", () => {
  expect(applyMutation(createDocument(bytes("one"), 8), merge("a", "two", 7))).toEqual({ ok: false });
  expect(applyMutation(undefined, merge("a", "two", 0))).toEqual({ ok: false });
  expect(applyMutation(text("no document"), merge("a", "two"))).toEqual({ ok: false });
});

test("an update counts with its bytes, and has the limit of a value", () => {
  expect(mutationBytes(merge("a", "four"))).toBe(key("a").length + 4);
  const long = { ...merge("a", ""), update: new Uint8Array(valueBytesMax + 1) } as ReturnType<typeof merge>;
  expect(findPartExcess([], [long], commitLimits)).toContain(`max ${valueBytesMax} bytes`);
  expect(findDocumentExcess(documentBytesMax)).toBeUndefined();
  expect(findDocumentExcess(documentBytesMax + 1)).toContain(`max ${documentBytesMax} bytes`);
});

test("a document is read as its updates, which are the reader's", () => {
  const value = appendUpdate(createDocument(bytes("a"), 0), bytes("b"));
  const read = decodeValue(value) as KvDocument;
  expect(read).toBeInstanceOf(KvDocument);
  expect(read.updates).toEqual([bytes("a"), bytes("b")]);
  read.updates[0]?.fill(0);
  expect(value.data).toEqual(updateLog([bytes("a"), bytes("b")]));
  expect(() => encodeValue(read)).toThrow("merge its updates");
});

test("documents are equal by incarnation and bytes, and share one digest", () => {
  const value = createDocument(bytes("a"), 0);
  expect(equalValues(value, createDocument(bytes("a"), 0))).toBe(true);
  expect(equalValues(value, createDocument(bytes("a"), 1))).toBe(false);
  expect(equalValues(value, createDocument(bytes("b"), 0))).toBe(false);
  expect(equalValues(value, { encoding: "bytes", data: value.data })).toBe(false);
  expect(digestOf(value)).toBe(digestOf(createDocument(bytes("b"), 1)));
  expect(digestOf(value)).not.toBe(digestOf({ encoding: "bytes", data: new Uint8Array() }));
});

test("what arrives as a document has a log and an incarnation", () => {
  const data = updateLog([bytes("a")]);
  expect(isValue({ encoding: "document", data, incarnation: 0 })).toBe(true);
  expect(isValue({ encoding: "document", data, incarnation: null })).toBe(true);
  for (const incarnation of [-1, 0.5, "0", undefined]) {
    expect(isValue({ encoding: "document", data, incarnation })).toBe(false);
  }
  expect(isValue({ encoding: "document", data: Uint8Array.of(9), incarnation: 0 })).toBe(false);
});

test("a document that was put together is one like any other", () => {
  const parts = ["a", "b", "c"].map((text) => createDocument(bytes(text), 4));
  const whole = parts.reduce(joinDocuments);
  expect(documentBytes(whole)).toBe(6);
  expect(structuredClone(whole)).toEqual(whole);
  expect({ ...whole }).toEqual({
    encoding: "document",
    incarnation: 4,
    data: updateLog(["a", "b", "c"].map(bytes)),
  });
  expect(whole.data).toBe(whole.data);
});

test("updates that wait behind a large document cost nothing of its size", () => {
  let reads = 0;
  const data = updateLog([new Uint8Array(100)]);
  const large = (): DocumentValue => ({
    encoding: "document",
    incarnation: 4,
    get data() {
      reads++;
      return data;
    },
  });
  const document = large();
  const [one, other] = [document, document].map((base) =>
    ["a", "b"].reduce((grown, update) => appendUpdate(grown, bytes(update)), base),
  ) as [DocumentValue, DocumentValue];
  expect(documentBytes(one)).toBe(data.length + 4);
  const [changed, shorter] = [
    appendUpdate(appendUpdate(document, bytes("a")), bytes("c")),
    appendUpdate(document, bytes("a")),
  ];
  reads = 0;
  expect(equalValues(one, other)).toBe(true);
  expect(equalValues(one, changed)).toBe(false);
  expect(equalValues(one, shorter)).toBe(false);
  expect(reads).toBe(0);
  expect(one.data).toEqual(updateLog([new Uint8Array(100), bytes("a"), bytes("b")]));
  // Put together by other steps from other objects they are equal all the same.
  expect(
    equalValues(one, appendUpdate(joinDocuments(large(), createDocument(bytes("a"), 4)), bytes("b"))),
  ).toBe(true);
});
