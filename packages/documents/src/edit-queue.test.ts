/**
 * The queue of own edits: what goes into one commit, when, and what becomes of what fails. Time and commits
 * are in the test's hands; updates are real, for they are merged.
 */
import { KvError, valueBytesMax } from "@rockpool/model";
import { expect, test } from "vitest";
import * as Y from "yjs";
import { EditQueue } from "./edit-queue.ts";
import { batchMs } from "./save-timers.ts";

/** Commits wait until they are answered. */
class Bench {
  nowMs = 0;
  readonly #timers = new Set<{ atMs: number; callback: () => void }>();
  readonly commits: { update: Uint8Array; resolve: () => void; reject: (error: unknown) => void }[] = [];
  readonly errors: unknown[] = [];
  outrun = 0;
  readonly #doc = new Y.Doc();
  #written = 0;
  squeeze = (update: Uint8Array): Uint8Array => update;
  readonly queue = new EditQueue({
    commit: (update) =>
      new Promise((resolve, reject) => {
        const versionstamp = String(++this.#written).padStart(20, "0");
        this.commits.push({ update, resolve: () => resolve({ ok: true, versionstamp }), reject });
      }),
    squeeze: (update) => this.squeeze(update),
    onChange: () => {},
    onError: (error) => this.errors.push(error),
    onOutrun: () => this.outrun++,
    clock: {
      setTimer: (callback, delayMs) => {
        const timer = { atMs: this.nowMs + delayMs, callback };
        this.#timers.add(timer);
        return () => this.#timers.delete(timer);
      },
    },
  });

  constructor() {
    this.queue.release();
  }

  /** An update that writes `text` behind all that was written before. */
  update(text: string): Uint8Array {
    const before = Y.encodeStateVector(this.#doc);
    this.#doc.getText("t").insert(this.#doc.getText("t").length, text);
    return Y.encodeStateAsUpdate(this.#doc, before);
  }

  add(text: string): void {
    this.queue.add(this.update(text));
  }

  advance(ms: number): void {
    const untilMs = this.nowMs + ms;
    for (;;) {
      const due = [...this.#timers]
        .filter(({ atMs }) => atMs <= untilMs)
        .toSorted((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      this.#timers.delete(due);
      this.nowMs = due.atMs;
      due.callback();
    }
    this.nowMs = untilMs;
  }

  /** What was committed so far, read as one document. */
  get text(): string {
    const doc = new Y.Doc();
    for (const { update } of this.commits) Y.applyUpdate(doc, update);
    return doc.getText("t").toString();
  }
}

/** Lets all that was promised so far be heard. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
const quota = (): KvError => new KvError("quota", "no room");
const nothingStands = { stands: async () => false };
const neverUndone = { ...nothingStands, undo: (): void => expect.unreachable() };

test("the first edit after a pause goes out when its turn is over, with all of that turn", async () => {
  const bench = new Bench();
  for (let time = 1; time <= 2; time++) {
    bench.add("a");
    bench.add("b");
    expect(bench.commits).toHaveLength(time - 1);
    bench.advance(0);
    expect([bench.commits.length, bench.text]).toEqual([time, "ab".repeat(time)]);
    bench.commits.at(-1)?.resolve();
    await turn();
    bench.advance(batchMs);
  }
});

test("edits that follow one another closely go out together", async () => {
  const bench = new Bench();
  bench.add("a");
  bench.advance(0);
  bench.commits[0]?.resolve();
  await turn();
  bench.add("b");
  bench.advance(batchMs - 1);
  bench.add("c");
  bench.advance(0);
  expect(bench.commits).toHaveLength(1);
  bench.advance(1);
  expect([bench.commits.length, bench.text]).toEqual([2, "abc"]);
});

test("who never pauses makes no more commits than the time allows", async () => {
  const bench = new Bench();
  for (let ms = 0; ms < 10 * batchMs; ms += 5) {
    bench.add("a");
    bench.advance(5);
    bench.commits.at(-1)?.resolve();
    await turn();
  }
  // One at once, then one at each end of ten pauses.
  expect(bench.commits).toHaveLength(11);
});

test("one commit goes out after another", async () => {
  const bench = new Bench();
  bench.add("a");
  const first = bench.queue.flush();
  bench.add("b");
  const second = bench.queue.flush();
  expect(bench.commits).toHaveLength(1);
  bench.commits[0]?.resolve();
  await first;
  await turn();
  expect([bench.commits.length, bench.text, bench.queue.isEmpty]).toEqual([2, "ab", false]);
  bench.commits[1]?.resolve();
  await second;
  expect(bench.queue.isEmpty).toBe(true);
});

test("what was added while a commit was on its way waits for its own time", async () => {
  const bench = new Bench();
  bench.add("a");
  void bench.queue.flush();
  bench.add("b");
  bench.commits[0]?.resolve();
  await turn();
  expect(bench.commits).toHaveLength(1);
  bench.advance(batchMs);
  expect(bench.commits).toHaveLength(2);
});

test("what fails for a while stays, is told, and is tried again", async () => {
  const bench = new Bench();
  bench.add("a");
  const saved = bench.queue.flush();
  const error = quota();
  bench.commits[0]?.reject(error);
  await expect(saved).rejects.toBe(error);
  expect([bench.errors, bench.queue.error, bench.queue.isEmpty]).toEqual([[error], error, false]);
  bench.add("b");
  bench.commits.length = 0;
  bench.advance(1000);
  expect([bench.commits.length, bench.text]).toEqual([1, "ab"]);
  const again = bench.queue.whenThrough();
  bench.commits[0]?.resolve();
  await again;
  expect(bench.queue.error).toBeUndefined();
});

test("tries come ever more seldom, and 30 s apart at most", async () => {
  const bench = new Bench();
  bench.add("a");
  const delays: number[] = [];
  bench.advance(batchMs);
  for (let count = 0; count < 8; count++) {
    bench.commits.at(-1)?.reject(quota());
    await turn();
    const made = bench.commits.length;
    const startMs = bench.nowMs;
    while (bench.commits.length === made) bench.advance(500);
    delays.push(bench.nowMs - startMs);
  }
  expect(delays).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
});

test("a bucket that is closed ends the queue, and says so to whoever waits and whoever asks later", async () => {
  const bench = new Bench();
  bench.add("a");
  const saved = bench.queue.flush();
  const closed = new KvError("closed", "closed");
  bench.commits[0]?.reject(closed);
  await expect(saved).rejects.toBe(closed);
  bench.add("b");
  await expect(bench.queue.flush()).rejects.toBe(closed);
  expect([bench.commits.length, bench.queue.isEmpty]).toEqual([1, false]);
});

test("what is too large is not tried again until there is another edit", async () => {
  const bench = new Bench();
  bench.add("a");
  bench.advance(batchMs);
  bench.commits[0]?.reject(new TypeError("too large"));
  await turn();
  bench.advance(100_000);
  expect(bench.commits).toHaveLength(1);
  bench.add("b");
  bench.advance(batchMs);
  expect(bench.commits).toHaveLength(2);
});

test("an edit for a document that is gone waits for the news, and is dropped with it", async () => {
  const bench = new Bench();
  bench.add("a");
  const saved = bench.queue.flush();
  bench.commits[0]?.reject(new KvError("replaced", "gone"));
  await turn();
  bench.advance(100_000);
  expect([bench.commits.length, bench.errors]).toEqual([1, []]);
  const reason = new KvError("replaced", "gone for good");
  bench.queue.drop(reason);
  await expect(saved).rejects.toBe(reason);
  expect(bench.queue.isEmpty).toBe(true);
});

test("nothing goes out before what stands is known", () => {
  const bench = new Bench();
  bench.queue.hold();
  bench.add("a");
  bench.advance(batchMs);
  expect(bench.commits).toHaveLength(0);
  bench.queue.release();
  expect(bench.commits).toHaveLength(1);
});

test("a page that goes sends what waits with what is on its way", async () => {
  const bench = new Bench();
  bench.add("a");
  void bench.queue.flush();
  bench.add("b");
  void bench.queue.sendNow();
  expect(bench.commits).toHaveLength(2);
  const doc = new Y.Doc();
  Y.applyUpdate(doc, bench.commits[1]?.update as Uint8Array);
  expect(doc.getText("t").toString()).toBe("ab");
  for (const { resolve } of bench.commits) resolve();
  await bench.queue.whenThrough();
  expect(bench.commits).toHaveLength(2);
});

test("a page that goes while nothing is on its way sends what waits once", async () => {
  const bench = new Bench();
  bench.add("a");
  void bench.queue.sendNow();
  expect(bench.commits).toHaveLength(1);
  bench.advance(batchMs);
  bench.commits[0]?.resolve();
  await bench.queue.whenThrough();
  expect(bench.commits).toHaveLength(1);
});

test("a batch holds what a value may hold, and one that is larger is said in fewer bytes", async () => {
  const bench = new Bench();
  const half = "x".repeat(valueBytesMax / 2);
  for (const text of [half, half, "end"]) bench.add(text);
  void bench.queue.flush();
  expect(bench.commits[0]?.update.length).toBeLessThan(valueBytesMax);
  bench.commits[0]?.resolve();
  await turn();
  bench.commits[1]?.resolve();
  await bench.queue.whenThrough();
  expect([bench.commits.length, bench.text.length]).toEqual([2, valueBytesMax + 3]);
  await turn();
  const squeezed = bench.update("short");
  bench.squeeze = () => squeezed;
  bench.add(half + half);
  void bench.queue.flush();
  expect(bench.commits[2]?.update).toBe(squeezed);
});

test("own edits are those of later commits, of commits on their way and of none", async () => {
  const bench = new Bench();
  const [first, second, third] = [bench.update("a"), bench.update("b"), bench.update("c")];
  bench.queue.add(first);
  const saved = bench.queue.flush();
  bench.commits[0]?.resolve();
  await saved;
  bench.queue.add(second);
  void bench.queue.flush();
  bench.queue.add(third);
  expect(bench.queue.ownAfter("0".repeat(20))).toEqual([first, second, third]);
  expect(bench.queue.ownAfter("0".repeat(19) + "1")).toEqual([second, third]);
  bench.queue.seen("0".repeat(19) + "1", false);
  expect(bench.queue.ownAfter("")).toEqual([second, third]);
});

test("an edit with other mutations is a commit of its own, between those before and after it", async () => {
  const bench = new Bench();
  const joint: Uint8Array[] = [];
  bench.add("a");
  const both = bench.queue.commitWith({
    ...neverUndone,
    updates: [bench.update("b")],
    commit: async (update) => {
      joint.push(update as Uint8Array);
      return { ok: true, versionstamp: "1".repeat(20) };
    },
  });
  bench.add("c");
  expect([bench.commits.length, joint.length]).toEqual([1, 0]);
  bench.commits[0]?.resolve();
  await expect(both).resolves.toMatchObject({ ok: true });
  expect([bench.commits.length, joint.length]).toEqual([1, 1]);
  bench.advance(batchMs);
  expect(bench.commits).toHaveLength(2);
});

test.each<[string, () => Promise<{ ok: false }>, unknown]>([
  ["fails", () => Promise.reject(new TypeError("invalid key")), new TypeError("invalid key")],
  ["does not hold", async () => ({ ok: false }), { ok: false }],
])("where what it is joint with %s, an edit is undone", async (_, commit, outcome) => {
  const bench = new Bench();
  const updates = [bench.update("b")];
  const both = bench.queue.commitWith({
    ...nothingStands,
    updates,
    commit,
    undo: () => bench.add(" undone"),
  });
  expect(await both.catch((error: unknown) => error)).toEqual(outcome);
  await turn();
  // In one commit, so that nobody sees the one without the other.
  expect([bench.commits.length, bench.text, bench.errors]).toEqual([1, "b undone", []]);
});

test("where it is not known what became of what it is joint with, an edit is undone only if it does not stand", async () => {
  const bench = new Bench();
  const unknown = new KvError("outcome-unknown", "no ruling yet");
  const both = bench.queue.commitWith({
    ...neverUndone,
    updates: [bench.update("b")],
    commit: () => Promise.reject(unknown),
    stands: async () => true,
  });
  await expect(both).rejects.toBe(unknown);
  await bench.queue.whenThrough();
  expect([bench.commits.length, bench.queue.isEmpty, bench.errors]).toEqual([0, true, []]);
});

test("an edit with other mutations is refused and undone once nothing is sent any more", async () => {
  const bench = new Bench();
  const closed = new KvError("closed", "closed");
  let undone = 0;
  const both = (): Promise<unknown> =>
    bench.queue.commitWith({
      ...nothingStands,
      updates: [bench.update("b")],
      commit: () => expect.unreachable(),
      undo: () => void undone++,
    });
  bench.queue.hold();
  const waits = both();
  bench.queue.end(closed);
  await expect(waits).rejects.toBe(closed);
  await expect(both()).rejects.toBe(closed);
  expect(undone).toBe(2);
});

test("a page that goes sends nothing apart from what it is joint with", async () => {
  const bench = new Bench();
  const committed = Promise.withResolvers<{ ok: false }>();
  const updates = [bench.update("b")];
  const commit = (): Promise<{ ok: false }> => committed.promise;
  void bench.queue.commitWith({ ...nothingStands, updates, commit, undo: () => bench.add(" undone") });
  bench.add("c");
  void bench.queue.sendNow();
  expect(bench.commits).toHaveLength(0);
  committed.resolve({ ok: false });
  await turn();
  expect([bench.commits.length, bench.text]).toEqual([1, "bc undone"]);
});

test("a page that goes sends more than a value may hold in fewer bytes", () => {
  const bench = new Bench();
  bench.add("x".repeat(valueBytesMax / 2));
  void bench.queue.flush();
  const squeezed = bench.update("short");
  bench.squeeze = () => squeezed;
  bench.add("x".repeat(valueBytesMax / 2));
  void bench.queue.sendNow();
  expect(bench.commits[1]?.update).toBe(squeezed);
});

test("an edit of what is not here yet is tried again with the next news of the document", async () => {
  const bench = new Bench();
  bench.add("a");
  void bench.queue.flush().catch(() => {});
  const outside = new KvError("unsupported", "the key is not here yet");
  bench.commits[0]?.reject(outside);
  await turn();
  expect(bench.errors).toEqual([outside]);
  bench.queue.release();
  expect(bench.commits).toHaveLength(2);
});

test("an edit that was committed before what stands was told is not taken for a later one", async () => {
  const bench = new Bench();
  bench.add("a");
  const saved = bench.queue.flush();
  bench.queue.seen("0".repeat(19) + "2", true);
  bench.commits[0]?.resolve();
  await saved;
  expect([bench.outrun, bench.queue.isShown]).toEqual([1, true]);
});

test("what is committed is shown once the feed has told of it, whichever comes first", async () => {
  const bench = new Bench();
  bench.add("a");
  const saved = bench.queue.flush();
  bench.commits[0]?.resolve();
  await saved;
  expect(bench.queue.isShown).toBe(false);
  bench.queue.seen("0".repeat(19) + "1", false);
  expect(bench.queue.isShown).toBe(true);
  bench.add("b");
  const next = bench.queue.flush();
  await turn();
  bench.queue.seen("0".repeat(19) + "2", false);
  bench.commits[1]?.resolve();
  await next;
  expect(bench.queue.isShown).toBe(true);
});
