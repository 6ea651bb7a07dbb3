/**
 * Documents over the wire: what a session pushes is sent to the others as it was added, a long document is
 * compacted while nobody waits, and both sides go on agreeing on what they hold.
 */
import { createConvergenceHash, type Patch } from "@rockpool/model";
import { expect, test } from "vitest";
import { commitOf, key, remove } from "./commit-fixture.ts";
import { Author, merge, ReplicaView } from "./document-fixture.ts";
import { openMemoryEngine } from "./memory-engine.ts";
import { openRelay } from "./relay-fixture.ts";
import { helloOf, TestSocket } from "./test-socket.ts";

const metricsOf = async (url: string): Promise<string> =>
  (await fetch(`${url.replace("ws:", "http:")}/metrics`)).text();

test("a merge reaches another session as what it adds, and a newcomer as all there is", async () => {
  await using relay = await openRelay();
  const [one, two] = [new Author("a"), new Author("b")];
  const { socket: ann } = await TestSocket.join(relay.url, helloOf("ann"));
  const { socket: bob } = await TestSocket.join(relay.url, helloOf("bob"));
  const view = new ReplicaView();
  const takeNext = async (): Promise<Patch> => {
    const { patch } = await bob.next("patch");
    view.take(patch);
    return patch;
  };
  await takeNext();
  const x = one.update("x");
  ann.send({ type: "push", commits: [one.commit([merge("k", x)])] });
  expect((await takeNext()).entries).toMatchObject([{ key: key("k"), revision: 1, appends: true }]);
  two.hear(x);
  bob.send({ type: "push", commits: [two.typing("k", "y", 0)] });
  expect((await takeNext()).entries).toMatchObject([{ revision: 2, appends: true }]);
  expect([view.text("k"), view.updateCount("k")]).toEqual(["xy", 2]);
  ann.send({
    type: "push",
    commits: [commitOf("c", 1, [remove("k")], { atMs: 1 }), commitOf("c", 2, [merge("k", x)], { atMs: 2 })],
  });
  while (view.cursor < 4) await takeNext();
  expect([view.text("k"), view.updateCount("k")]).toEqual(["x", 1]);
  const hash = createConvergenceHash();
  hash.add([{ key: key("k"), revision: 4 }]);
  const { socket: late, welcome } = await TestSocket.join(relay.url, helloOf("late"));
  expect(new ReplicaView().takeEntries((await late.next("patch")).patch.entries).text("k")).toBe("x");
  late.send({ type: "verify", epoch: welcome.epoch, at: 4, hash: hash.digest() });
  expect(await late.next("verified")).toMatchObject({ equal: true });
});

test("updates that pile up are compacted when nothing else is to be done, and counted", async () => {
  const engine = await openMemoryEngine();
  await using relay = await openRelay({ engine });
  const ann = new Author("a");
  const { socket } = await TestSocket.join(relay.url, helloOf("ann"));
  socket.send({ type: "push", commits: Array.from({ length: 300 }, () => ann.typing("k", "x")) });
  await expect
    .poll(async () => (await engine.readEntry("b", key("k"))).updates.length, { timeout: 10_000 })
    .toBe(1);
  expect(await metricsOf(relay.url)).toMatch(
    /rockpool_document_updates_total 300\n(?:.*\n)*rockpool_document_compactions_total 1\n/,
  );
  socket.send({ type: "push", commits: [ann.typing("k", "!")] });
  await socket.next("ruled");
  const { socket: late } = await TestSocket.join(relay.url, helloOf("late"));
  const { entries } = (await late.next("patch")).patch;
  expect(new ReplicaView().takeEntries(entries).text("k")).toMatch(/^x{300}!?$/);
});

test("a document that cannot be compacted is told to the relay's owner, and stops nothing", async () => {
  const { yjsDocuments } = await import("./yjs-documents.ts");
  const documents = {
    ...yjsDocuments,
    compact: async (): Promise<never> => {
      throw new Error("unreadable");
    },
  };
  const errors: unknown[] = [];
  await using relay = await openRelay({
    engine: await openMemoryEngine({ documents }),
    onError: (error) => errors.push(error),
  });
  const ann = new Author("a");
  const { socket } = await TestSocket.join(relay.url, helloOf("ann"));
  socket.send({ type: "push", commits: Array.from({ length: 300 }, () => ann.typing("k", "x")) });
  await expect.poll(() => errors, { timeout: 10_000 }).toMatchObject([{ message: "unreadable" }]);
  socket.send({ type: "push", commits: [ann.typing("k", "!")] });
  await expect.poll(async () => (await socket.next("ruled")).results.at(-1)?.revision).toBe(301);
  expect(await metricsOf(relay.url)).toContain("rockpool_document_compaction_faults_total 1\n");
});
