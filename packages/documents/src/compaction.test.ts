/**
 * Compaction: what it makes of a log says all that the log said, and it is made only where it is worth it.
 */
import { updateLog, zeroVersionstamp } from "@rockpool/model";
import type { Compaction, DocumentItem } from "rockpool/documents";
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import * as Y from "yjs";
import { Compactor, compactUpdates } from "./compaction.ts";

const compactAfter = 20;

const updatesOfTyping = (count: number): readonly Uint8Array[] => {
  const doc = new Y.Doc();
  const updates: Uint8Array[] = [];
  doc.on("update", (update: Uint8Array) => updates.push(update));
  for (let index = 0; index < count; index++) doc.getText("t").insert(index, "x");
  return updates;
};

const stateOf = (updates: readonly Uint8Array[]): Uint8Array => {
  const doc = new Y.Doc();
  for (const update of updates) Y.applyUpdate(doc, update);
  return Y.encodeStateAsUpdate(doc);
};

/** A bucket in which these updates are confirmed. */
const bench = (updates: readonly Uint8Array[]) => {
  const confirmed = updateLog(updates);
  const compactions: Compaction[] = [];
  const timers: (() => void)[] = [];
  const item: DocumentItem = {
    type: "document",
    whole: true,
    stands: "document",
    incarnation: 3,
    versionstamp: zeroVersionstamp,
    isSettled: true,
    isSynced: true,
    confirmed,
    pending: new Uint8Array(),
    revision: 5,
  };
  const compactor = new Compactor({
    key: ["note"],
    compactAfter,
    access: {
      clock: {
        setTimer: (callback) => {
          timers.push(callback);
          return () => {};
        },
        random: () => 0,
      },
      openFeed: () => new ReadableStream({ start: (controller) => controller.enqueue(item) }),
      compact: async (_, compaction) => {
        compactions.push(compaction);
        return true;
      },
    },
  });
  return { compactor, compactions, timers, confirmed };
};

test("a long log becomes one update, named by what it takes the place of", async () => {
  const updates = updatesOfTyping(compactAfter);
  const { compactor, compactions, confirmed } = bench(updates);
  expect(await compactor.compact()).toBe(true);
  const digest = createHash("sha256").update(confirmed).digest("hex");
  expect(compactions).toEqual([
    { incarnation: 3, length: confirmed.length, digest, update: stateOf(updates) },
  ]);
});

test("a short log is left as it is", async () => {
  const { compactor, compactions } = bench(updatesOfTyping(compactAfter - 1));
  expect(await compactor.compact()).toBe(false);
  expect(compactions).toEqual([]);
});

test("it is begun once so many updates came, after a pause", () => {
  const { compactor, timers } = bench([]);
  compactor.onUpdates(compactAfter - 1);
  expect(timers).toHaveLength(0);
  compactor.onUpdates(1);
  expect(timers).toHaveLength(1);
});

test("what still waits for something is kept", () => {
  const updates = updatesOfTyping(9);
  const torn = [...updates.slice(0, 3), ...updates.slice(4)];
  const compacted = compactUpdates(torn) as Uint8Array;
  expect(stateOf([compacted, updates[3] as Uint8Array])).toEqual(stateOf(updates));
});

test("what cannot be read is left as it is", () => {
  expect(compactUpdates([...updatesOfTyping(3), Uint8Array.of(9, 9, 9)])).toBeUndefined();
});
