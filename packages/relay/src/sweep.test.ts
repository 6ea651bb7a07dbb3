/**
 * What time asks of a relay in use: it is done by itself, told like any turn, and failures are told.
 */
import { retentionMs } from "@rockpool/model";
import { expect, test } from "vitest";
import { commitOf, key, remove, set, testNowMs } from "./commit-fixture.ts";
import { openHeldEngine, openRelay } from "./relay-fixture.ts";
import { helloOf, TestSocket } from "./test-socket.ts";

/** A relay whose clock the test moves, and which sweeps all the time. */
const openSweeping = async (options: Parameters<typeof openRelay>[0] = {}) => {
  const clock = { nowMs: testNowMs };
  const relay = await openRelay({ sweepMs: 5, now: () => clock.nowMs, ...options });
  return { relay, clock };
};

test("an entry that expires is told to every session as deleted, at the next revision", async () => {
  const { relay, clock } = await openSweeping();
  await using _ = relay;
  const { socket } = await TestSocket.join(relay.url, helloOf("r"));
  const { socket: other } = await TestSocket.join(relay.url, helloOf("s"));
  socket.send({ type: "push", commits: [commitOf("a", 1, [set("k", "x", testNowMs + 1000)])] });
  await other.next("patch", ({ patch }) => patch.to === 1);
  clock.nowMs += 1000;
  for (const each of [socket, other]) {
    const { patch } = await each.next("patch", ({ patch }) => patch.to === 2);
    expect(patch).toMatchObject({ from: 1, entries: [{ key: key("k"), revision: 2 }], results: [] });
    expect(patch.entries[0]).not.toHaveProperty("value");
  }
  socket.send({ type: "push", commits: [commitOf("a", 2, [set("j", "x")])] });
  expect((await socket.next("ruled")).results).toMatchObject([{ revision: 3 }]);
});

test("a cursor below the floor is told that patches cannot go on, one at it may", async () => {
  const { relay, clock } = await openSweeping();
  await using _ = relay;
  const { socket, welcome } = await TestSocket.join(relay.url, helloOf("r"));
  socket.send({
    type: "push",
    commits: [commitOf("a", 1, [set("k", "x")]), commitOf("a", 2, [remove("k")])],
  });
  await socket.next("patch", ({ patch }) => patch.to === 2);
  clock.nowMs += retentionMs + 1;
  const joinAt = async (cursor: number) =>
    (await TestSocket.join(relay.url, helloOf("s", { epoch: welcome.epoch, cursor }))).welcome;
  await expect.poll(async () => (await joinAt(1)).valid).toBe(false);
  expect(await joinAt(1)).toMatchObject({ valid: false, shared: 1 });
  expect(await joinAt(2)).toMatchObject({ valid: true, shared: 2 });
  expect((await TestSocket.join(relay.url, helloOf("s"))).welcome).toMatchObject({ valid: true });
});

test("a session that lacks deletions which were dropped meanwhile is sent away, and may come back at once", async () => {
  const { relay, clock } = await openSweeping({ patchEntriesMax: 1, catchUpPartsMax: 1 });
  await using _ = relay;
  const { socket: writer, welcome } = await TestSocket.join(relay.url, helloOf("r"));
  const { epoch } = welcome;
  writer.send({
    type: "push",
    commits: [commitOf("a", 1, [set("k", "x")]), commitOf("a", 2, [set("j", "x")])],
  });
  await writer.next("patch", ({ patch }) => patch.to === 2);
  const { socket } = await TestSocket.join(relay.url, helloOf("s"));
  await socket.next("patch", ({ paused }) => paused === true);
  writer.send({ type: "push", commits: [commitOf("a", 3, [remove("k")])] });
  await writer.next("patch", ({ patch }) => patch.to === 3);
  clock.nowMs += retentionMs + 1;
  const isDropped = async () =>
    !(await TestSocket.join(relay.url, helloOf("t", { epoch, cursor: 1 }))).welcome.valid;
  await expect.poll(isDropped).toBe(true);
  socket.send({ type: "pull", epoch, from: 1 });
  expect(await socket.next("error")).toMatchObject({ code: "busy", retryAfterMs: 0 });
});

test("a sweep that fails ends the sessions of its bucket, and is told to the owner", async () => {
  const { engine, fail } = await openHeldEngine();
  const errors: unknown[] = [];
  const { relay } = await openSweeping({ engine, onError: (error) => errors.push(error) });
  await using _ = relay;
  const { socket } = await TestSocket.join(relay.url, helloOf("r"));
  fail(true);
  expect(await socket.next("error")).toMatchObject({ code: "internal" });
  expect(String(errors)).toContain("disk on fire");
});
