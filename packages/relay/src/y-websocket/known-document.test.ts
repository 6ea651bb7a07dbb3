/**
 * What clients bring, compared with what the relay has:
 * random documents, and markers that never stay.
 */
import { isMarker, mergeInGroups, packKey } from "@rockpool/model";
import { createRelayConfig } from "../relay-config.ts";
import { readUpdate } from "../yjs-update.ts";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { minuteOf, isOfSameKey, markerOf, markerUpdate } from "./incarnation-marker.ts";
import { isUpdate, KnownDocument, markersIn, markersOf, withoutMarkers } from "./known-document.ts";
import { YJobs } from "./y-jobs.ts";

const { limits } = createRelayConfig({});
const nowMs = Date.UTC(2026, 10, 22);
const incarnation = { bucket: "b", key: packKey(["notes", "a"]), epoch: "e", revision: 7 };
const marker = markerOf(incarnation);

const edit = (document: Y.Doc, [at, length, text]: readonly [number, number, string]): void => {
  const content = document.getText("t");
  const start = at % (content.length + 1);
  document.transact(() => {
    content.delete(start, Math.min(length, content.length - start));
    content.insert(start, text);
  });
};

const edits = fc.array(fc.tuple(fc.nat(100), fc.nat(5), fc.string({ maxLength: 4 })), { maxLength: 20 });

const textOf = (...updates: readonly (Uint8Array | undefined)[]): string => {
  const document = new Y.Doc();
  for (const update of updates) if (update !== undefined) Y.applyUpdate(document, update);
  expect(document.store.pendingStructs).toBe(null);
  return document.getText("t").toString();
};

describe("a known document", () => {
  test("finds nothing new in what it has, and all that is new in what a copy made of it", () => {
    fc.assert(
      fc.property(edits, edits, edits, fc.boolean(), (before, here, there, isMarked) => {
        const [document, copy, updates] = [new Y.Doc(), new Y.Doc(), [] as Uint8Array[]];
        document.on("update", (update: Uint8Array) => updates.push(update));
        for (const each of before) edit(document, each);
        if (isMarked) Y.applyUpdate(copy, markerUpdate(marker, minuteOf(nowMs)));
        Y.applyUpdate(copy, Y.encodeStateAsUpdate(document));
        const known = new KnownDocument(updates);
        expect(known.newsIn(Y.encodeStateAsUpdate(copy))).toBe(undefined);
        for (const each of here) edit(document, each);
        for (const each of there) edit(copy, each);
        const now = new KnownDocument(updates);
        const news = now.newsIn(Y.encodeStateAsUpdate(copy, Y.encodeStateVector(document)));
        const lack = now.lackOf(Y.encodeStateVector(copy));
        Y.applyUpdate(copy, lack);
        expect(textOf(...updates, news)).toBe(copy.getText("t").toString());
        const taken = news ?? Y.encodeStateAsUpdate(new Y.Doc());
        expect(new KnownDocument([...updates, taken]).newsIn(taken)).toBe(undefined);
        expect([...Y.decodeUpdate(taken).ds.clients.keys()]).not.toContain(marker);
      }),
    );
  });

  test("of nothing has an empty state, and lacks all", () => {
    const document = new Y.Doc();
    document.getText("t").insert(0, "hello");
    const known = new KnownDocument([]);
    expect(known.clockByClient.size).toBe(0);
    expect(textOf(known.newsIn(Y.encodeStateAsUpdate(document)))).toBe("hello");
    expect(textOf(known.lackOf(Y.encodeStateVector(document)))).toBe("");
  });
});

/** Each in one byte of text, as few others are. */
const withSubdocuments = (count: number): Uint8Array => {
  const document = new Y.Doc();
  document.getArray("a").insert(
    0,
    Array.from({ length: count }, () => new Y.Doc({ guid: "" })),
  );
  return Y.encodeStateAsUpdate(document);
};

describe("what a client brings", () => {
  test("is no update with so many subdocuments that reading them would hold up all others", () => {
    expect(isUpdate(withSubdocuments(1000))).toBe(true);
    expect(isUpdate(withSubdocuments(1001))).toBe(false);
    expect(isUpdate(Uint8Array.of(1))).toBe(false);
  });

  test("is joined as long as it is few subdocuments, and updates at all", () => {
    const jobs = new YJobs({ ...limits, valueBytesMax: 1e6 });
    const add = (update: Uint8Array): void => jobs.add({ type: "merge", update, isWhole: false });
    for (const count of [600, 400, 1]) add(withSubdocuments(count));
    add(Uint8Array.of(1));
    add(withSubdocuments(1));
    const taken = Array.from({ length: 5 }, () => jobs.take()).filter((job) => job !== undefined);
    const updates = taken.map((job) => (job.type === "merge" ? job.update : undefined));
    const counts = updates.map((update) => update && readUpdate(update)?.subdocuments);
    expect(counts).toEqual([1000, 1, undefined, 1]);
  });

  test("from thousands of clients becomes one, and nothing of it is left out", () => {
    const document = new Y.Doc();
    const updates: Uint8Array[] = [];
    document.on("update", (update: Uint8Array) => updates.push(update));
    for (let client = 1; client <= 2000; client++) {
      document.clientID = client;
      document.getMap("m").set(String(client), client);
    }
    const copy = new Y.Doc();
    Y.applyUpdate(copy, mergeInGroups(updates, Y.mergeUpdates));
    expect(copy.getMap("m").toJSON()).toEqual(document.getMap("m").toJSON());
  });
});

describe("a marker", () => {
  test("changes nothing in a document but its state vector, and takes a later minute", () => {
    const document = new Y.Doc();
    document.getText("t").insert(0, "hello");
    Y.applyUpdate(document, markerUpdate(marker, minuteOf(nowMs)));
    Y.applyUpdate(document, markerUpdate(marker, minuteOf(nowMs) + 1));
    expect(document.toJSON()).toEqual({ t: "hello" });
    const clocks = Y.decodeStateVector(Y.encodeStateVector(document));
    expect(markersOf(clocks)).toEqual(new Map([[marker, minuteOf(nowMs) + 1]]));
    expect(document.store.clients.get(marker)).toHaveLength(1);
    expect(markersIn(Y.encodeStateAsUpdate(document))).toEqual(new Map([[marker, minuteOf(nowMs) + 1]]));
    const copy = new Y.Doc();
    Y.applyUpdateV2(copy, Y.encodeStateAsUpdateV2(document));
    expect(Y.encodeStateVector(copy)).toEqual(Y.encodeStateVector(document));
  });

  test("is taken out of an update with its deletions", () => {
    const document = new Y.Doc();
    document.getText("t").insert(0, "hello");
    document.getText("t").delete(1, 2);
    Y.applyUpdate(document, markerUpdate(marker, minuteOf(nowMs)));
    const rest = withoutMarkers(Y.encodeStateAsUpdate(document));
    expect(textOf(rest)).toBe("hlo");
    expect([...Y.decodeUpdate(rest ?? new Uint8Array()).ds.clients.keys()]).toEqual([document.clientID]);
    expect(withoutMarkers(markerUpdate(marker, minuteOf(nowMs)))).toBe(undefined);
  });

  test("is known from the ids that Yjs draws, and from those of other keys and incarnations", () => {
    expect(Number.isSafeInteger(marker)).toBe(true);
    expect(isMarker(marker, minuteOf(nowMs))).toBe(true);
    expect(isMarker(marker, 5)).toBe(false);
    fc.assert(fc.property(fc.nat(2 ** 32 - 1), fc.nat(), (client, clock) => !isMarker(client, clock)));
    const next = markerOf({ ...incarnation, revision: 9 });
    expect(next).not.toBe(marker);
    expect(isOfSameKey(marker, next)).toBe(true);
    expect(markerOf({ ...incarnation, epoch: "f" })).not.toBe(marker);
    expect(isOfSameKey(marker, markerOf({ ...incarnation, key: packKey(["notes", "b"]) }))).toBe(false);
    expect(isOfSameKey(marker, markerOf({ ...incarnation, bucket: "c" }))).toBe(false);
  });
});
