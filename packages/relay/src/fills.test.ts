/**
 * Fills over real WebSockets: pages, catch-ups that pause, and the proof that both sides hold the same.
 */
import { createConvergenceHash, packKey, wholeBucket, type PackedKey } from "@rockpool/model";
import { describe, expect, test } from "vitest";
import { commitOf, key, remove, set } from "./commit-fixture.ts";
import { openHeldEngine, openRelay } from "./relay-fixture.ts";
import type { Relay } from "./server.ts";
import { helloOf, TestSocket } from "./test-socket.ts";

const start = packKey([]);

/** A session that has written `count` entries `0`, `1`, …, one a commit. */
const openWriter = async (relay: Relay, count: number) => {
  const { socket, welcome } = await TestSocket.join(relay.url, helloOf("w"));
  const commits = Array.from({ length: count }, (_, index) =>
    commitOf("w", index + 1, [set(`${index}`, "x")]),
  );
  if (count > 0) socket.send({ type: "push", commits });
  await socket.next("patch", ({ patch }) => patch.to === count);
  return { socket, epoch: welcome.epoch, made: count };
};

/** Sends a ping and waits for its answer: everything the relay had to say before has come. */
const quiesce = async (socket: TestSocket, id: number): Promise<void> => {
  socket.send({ type: "ping", id });
  await socket.next("pong", (pong) => pong.id === id);
};

const typesOf = (socket: TestSocket): readonly string[] => socket.messages.map(({ type }) => type);

describe("a fill", () => {
  test("is answered page by page, and the patches behind it leave out what came by pages", async () => {
    await using relay = await openRelay({ patchEntriesMax: 4 });
    const { epoch } = await openWriter(relay, 10);
    const { socket } = await TestSocket.join(relay.url, helloOf("r"));
    await socket.next("patch", ({ patch }) => patch.upToDate);
    const keys: PackedKey[] = [];
    for (let after: PackedKey | null = start; after !== null;) {
      socket.send({ type: "fill", epoch, after });
      const page = await socket.next("page");
      expect(page).toMatchObject({ epoch, scope: wholeBucket, after, head: 10 });
      keys.push(...page.entries.map((entry) => entry.key));
      after = page.next;
    }
    expect(keys).toEqual(Array.from({ length: 10 }, (_, index) => key(`${index}`)));
    socket.send({ type: "pull", epoch, from: 0, filledTo: 10 });
    expect((await socket.next("patch")).patch).toMatchObject({
      from: 0,
      to: 10,
      upToDate: true,
      entries: [],
    });
  });

  test("of a part of the scope gets what lies there", async () => {
    await using relay = await openRelay();
    const { epoch } = await openWriter(relay, 12);
    const { socket } = await TestSocket.join(relay.url, helloOf("r"));
    await socket.next("patch", ({ patch }) => patch.upToDate);
    socket.send({ type: "fill", epoch, after: start, within: key("1") });
    const { entries, next } = await socket.next("page");
    expect([entries.map((entry) => entry.key), next]).toEqual([[key("1")], null]);
  });

  test("sends no patches before the next pull, and answers pushes all the same", async () => {
    await using relay = await openRelay();
    const writer = await openWriter(relay, 1);
    const { epoch } = writer;
    const { socket } = await TestSocket.join(relay.url, helloOf("r"));
    await socket.next("patch", ({ patch }) => patch.upToDate);
    socket.send({ type: "fill", epoch, after: start });
    await socket.next("page");
    socket.send({ type: "push", commits: [commitOf("r", 1, [set("r", "x")])] });
    await socket.next("ruled");
    writer.socket.send({ type: "push", commits: [commitOf("w", 2, [set("0", "y")])] });
    await writer.socket.next("patch", ({ patch }) => patch.to === 3);
    await quiesce(socket, 1);
    expect(typesOf(socket)).toEqual(["welcome", "patch", "page", "ruled", "pong"]);
    socket.send({ type: "pull", epoch, from: 1, filledTo: 1 });
    const { patch } = await socket.next("patch");
    expect(patch).toMatchObject({ from: 1, to: 3, entries: [{ key: key("r") }, { key: key("0") }] });
    expect(patch.results).toMatchObject([{ name: { host: "r", n: 1 } }]);
    writer.socket.send({ type: "push", commits: [commitOf("w", 3, [set("0", "z")])] });
    expect((await socket.next("patch")).patch).toMatchObject({ from: 3, to: 4 });
  });

  test("drops the part that is being read, and answers every fill once, in order", async () => {
    const { engine, holdReads } = await openHeldEngine();
    await using relay = await openRelay({ engine });
    const { epoch } = await openWriter(relay, 3);
    const release = holdReads();
    const { socket } = await TestSocket.join(relay.url, helloOf("r"));
    socket.send({ type: "fill", epoch, after: start }, { type: "fill", epoch, after: key("0") });
    await quiesce(socket, 1);
    release();
    expect(await socket.next("page")).toMatchObject({ after: start, next: null });
    expect(await socket.next("page")).toMatchObject({ after: key("0") });
    await quiesce(socket, 2);
    expect(typesOf(socket)).toEqual(["welcome", "pong", "page", "page", "pong"]);
  });

  test("of another epoch is ignored, and too many at once end the session", async () => {
    const { engine, holdReads } = await openHeldEngine();
    await using relay = await openRelay({ engine });
    const { epoch } = await openWriter(relay, 1);
    const { socket } = await TestSocket.join(relay.url, helloOf("r"));
    await socket.next("patch");
    socket.send({ type: "fill", epoch: "another", after: start });
    await quiesce(socket, 1);
    expect(typesOf(socket)).toEqual(["welcome", "patch", "pong"]);
    const release = holdReads();
    socket.send(...Array.from({ length: 17 }, () => ({ type: "fill", epoch, after: start }) as const));
    expect(await socket.next("error")).toMatchObject({ code: "too-large" });
    release();
  });

  test("beyond the head is malformed", async () => {
    await using relay = await openRelay();
    const { epoch } = await openWriter(relay, 1);
    const { socket } = await TestSocket.join(relay.url, helloOf("r"));
    socket.send({ type: "pull", epoch, from: 0, filledTo: 2 });
    expect(await socket.next("error")).toMatchObject({ code: "malformed" });
  });
});

describe("a long catch-up", () => {
  const config = { patchEntriesMax: 1, catchUpPartsMax: 3 };

  test("pauses after so many parts, and goes on when it is asked", async () => {
    await using relay = await openRelay(config);
    const writer = await openWriter(relay, 8);
    const { epoch } = writer;
    const { socket } = await TestSocket.join(relay.url, helloOf("r"));
    expect(await socket.next("patch", ({ paused }) => paused === true)).toMatchObject({ patch: { to: 3 } });
    writer.socket.send({ type: "push", commits: [commitOf("w", 9, [set("0", "y")])] });
    await writer.socket.next("patch", ({ patch }) => patch.to === 9);
    await quiesce(socket, 1);
    expect(typesOf(socket)).toEqual(["welcome", "patch", "patch", "patch", "pong"]);
    socket.send({ type: "pull", epoch, from: 3 });
    await socket.next("patch", ({ paused }) => paused === true);
    socket.send({ type: "pull", epoch, from: 6 });
    await socket.next("patch", ({ patch }) => patch.upToDate);
    const patches = socket.messages.filter((message) => message.type === "patch");
    expect(patches.map(({ patch, paused }) => [patch.to, paused ?? false])).toEqual([
      ...[1, 2].map((to) => [to, false]),
      [3, true],
      ...[4, 5].map((to) => [to, false]),
      [6, true],
      ...[7, 8, 9].map((to) => [to, false]),
    ]);
  });

  test("does not pause when its last part is the end, and counts anew from there", async () => {
    await using relay = await openRelay(config);
    const writer = await openWriter(relay, 3);
    const { socket } = await TestSocket.join(relay.url, helloOf("r"));
    await socket.next("patch", ({ patch }) => patch.upToDate);
    for (let n = 4; n <= 12; n++) {
      writer.socket.send({ type: "push", commits: [commitOf("w", n, [set(`${n}`, "x")])] });
      await socket.next("patch", ({ patch }) => patch.to === n);
    }
    expect(socket.messages.filter((message) => message.type === "patch" && message.paused)).toEqual([]);
  });

  test("that is paused may fill instead", async () => {
    await using relay = await openRelay(config);
    const { epoch } = await openWriter(relay, 8);
    const { socket } = await TestSocket.join(relay.url, helloOf("r"));
    await socket.next("patch", ({ paused }) => paused === true);
    socket.send({ type: "fill", epoch, after: start });
    expect(await socket.next("page")).toMatchObject({ head: 8, next: key("0") });
  });
});

const hashOf = (entries: readonly (readonly [name: string, revision: number])[]): string => {
  const hash = createConvergenceHash();
  hash.add(entries.map(([name, revision]) => ({ key: key(name), revision })));
  return hash.digest();
};

describe("a verify", () => {
  test("tells whether both hold the same entries, however many pieces it reads", async () => {
    await using relay = await openRelay({ patchEntriesMax: 2 });
    const { socket, epoch } = await openWriter(relay, 5);
    socket.send({ type: "push", commits: [commitOf("w", 6, [remove("3"), set("5", "x", 1)])] });
    await socket.next("patch");
    const own = hashOf([
      ["0", 1],
      ["1", 2],
      ["2", 3],
      ["4", 5],
      ["5", 6],
    ]);
    for (const [hash, equal] of [
      [own, true],
      [hashOf([["0", 1]]), false],
    ] as const) {
      socket.send({ type: "verify", epoch, at: 6, hash });
      expect(await socket.next("verified")).toEqual({ type: "verified", at: 6, equal });
    }
  });

  test("cannot tell of another revision or another epoch", async () => {
    await using relay = await openRelay();
    const { socket, epoch } = await openWriter(relay, 2);
    for (const asked of [
      { epoch, at: 1 },
      { epoch: "another", at: 2 },
    ]) {
      socket.send({ type: "verify", hash: "0", ...asked });
      expect(await socket.next("verified")).toMatchObject({ at: asked.at, equal: null });
    }
  });

  test("cannot tell when the head moves meanwhile", async () => {
    const { engine, holdPages } = await openHeldEngine();
    await using relay = await openRelay({ engine, patchEntriesMax: 1 });
    const { socket, epoch } = await openWriter(relay, 3);
    const release = holdPages();
    socket.send({ type: "verify", epoch, at: 3, hash: "0" });
    socket.send({ type: "push", commits: [commitOf("w", 4, [set("new", "x")])] });
    await socket.next("ruled");
    release();
    expect(await socket.next("verified")).toEqual({ type: "verified", at: 3, equal: null });
  });
});
