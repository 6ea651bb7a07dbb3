/**
 * Sessions over real WebSockets: what a replica is told, in which order, and that replicas converge.
 */
import { setTimeout as delay } from "node:timers/promises";
import { packKey, type Patch } from "@rockpool/model";
import { describe, expect, test } from "vitest";
import { check, commitOf, key, number, set, sum, testNowMs, text } from "./commit-fixture.ts";
import { createRelayConfig } from "./relay-config.ts";
import { openHeldEngine, openRelay } from "./relay-fixture.ts";
import { TestReplica } from "./test-replica.ts";
import { helloOf, TestSocket } from "./test-socket.ts";

const accepted = { type: "accepted", superseded: [] };

describe("a session", () => {
  test("is welcomed with epoch, head, scope, limits and clocks, then brought up to date", async () => {
    await using relay = await openRelay();
    const { socket, welcome } = await TestSocket.join(
      relay.url,
      helloOf("r", { clockMs: 5, follow: [packKey(["a"])] }),
    );
    expect(welcome).toMatchObject({
      protocol: 2,
      valid: true,
      head: 0,
      scope: [packKey(["a"])],
      subject: null,
      expiresInMs: null,
      clockMs: testNowMs,
      helloClockMs: 5,
    });
    expect(welcome.limits).toMatchObject({ keyBytesMax: 2048, mutationsMax: 10_000 });
    expect(await socket.next("patch")).toMatchObject({
      epoch: welcome.epoch,
      scope: [packKey(["a"])],
      patch: { from: 0, to: 0, upToDate: true },
    });
  });

  test("hears of its own commits and of the change in one frame, after they were ruled", async () => {
    await using relay = await openRelay();
    const { socket } = await TestSocket.join(relay.url, helloOf("replica-a"));
    await socket.next("patch");
    const commit = commitOf("a", 1, [set("k", "x")]);
    socket.send({ type: "push", commits: [commit] });
    const ruled = await socket.next("ruled");
    const result = { name: commit.name, tag: commit.tag, revision: 1, stamp: commit.stamp, ruling: accepted };
    expect(ruled.results).toEqual([result]);
    const frame = socket.frames.at(-1);
    expect(frame?.map(({ type }) => type)).toEqual(["ruled", "patch"]);
    expect(frame?.[1]).toMatchObject({
      patch: {
        from: 0,
        to: 1,
        head: 1,
        upToDate: true,
        stamp: commit.stamp,
        results: [result],
        entries: [{ key: key("k"), value: text("x"), revision: 1 }],
      },
    });
  });

  test("gets what was pushed at once in frames of bounded length, a larger commit alone", async () => {
    await using relay = await openRelay({ turnBytesMax: 1000 });
    const [{ socket: writer }, { socket: reader }] = await Promise.all([
      TestSocket.join(relay.url, helloOf("r")),
      TestSocket.join(relay.url, helloOf("s")),
    ]);
    await Promise.all([writer.next("patch"), reader.next("patch")]);
    const lengths = [300, 300, 300, 300, 5000, 300];
    const commits = lengths.map((length, n) => commitOf("a", n + 1, [set(`k${n}`, "x".repeat(length))]));
    writer.send({ type: "push", commits });
    await reader.next("patch", ({ patch }) => patch.to === lengths.length);
    const patches = reader.messages.flatMap((message) => (message.type === "patch" ? [message.patch] : []));
    expect(patches.slice(1).map(({ from, to }) => [from, to])).toEqual([
      [0, 3],
      [3, 4],
      [4, 5],
      [5, 6],
    ]);
  });

  test("is told nothing before the transaction is committed", async () => {
    const { engine, hold } = await openHeldEngine();
    await using relay = await openRelay({ engine });
    const [{ socket: writer }, { socket: reader }] = await Promise.all([
      TestSocket.join(relay.url, helloOf("r")),
      TestSocket.join(relay.url, helloOf("s")),
    ]);
    await Promise.all([writer.next("patch"), reader.next("patch")]);
    const release = hold();
    writer.send({ type: "push", commits: [commitOf("a", 1, [set("k", "x")])] }, { type: "ping", id: 7 });
    expect(await writer.next("pong")).toMatchObject({ id: 7, head: 0 });
    await delay(30);
    expect(writer.messages.map(({ type }) => type)).toEqual(["welcome", "patch", "pong"]);
    expect(reader.messages.map(({ type }) => type)).toEqual(["welcome", "patch"]);
    release();
    expect(await writer.next("ruled")).toMatchObject({ results: [{ revision: 1 }] });
    expect(await reader.next("patch")).toMatchObject({ patch: { from: 0, to: 1 } });
  });

  test("has a commit over the limits ruled like others: it may be made before its replica knows them", async () => {
    const { limits } = createRelayConfig();
    const low = { ...limits, commitBytesMax: 1000, pushBytesMax: 1000, pushCommitsMax: 10 };
    await using relay = await openRelay({ limits: low });
    const { socket } = await TestSocket.join(relay.url, helloOf("r"));
    socket.send({ type: "push", commits: [commitOf("a", 1, [set("k", "x".repeat(1e6))])] });
    expect(await socket.next("ruled")).toMatchObject({
      results: [{ ruling: { reason: { type: "limit" } } }],
    });
    socket.send({ type: "push", commits: [commitOf("a", 2, [set("j", "x")])] });
    expect(await socket.next("ruled")).toMatchObject({ results: [{ ruling: accepted }] });
  });

  test("hears a superseded mutation with its winner, and a failed check", async () => {
    await using relay = await openRelay();
    const { socket } = await TestSocket.join(relay.url, helloOf("r"));
    const { socket: other } = await TestSocket.join(relay.url, helloOf("s"));
    other.send({ type: "push", commits: [commitOf("b", 1, [set("k", "late")], { atMs: 5 })] });
    await other.next("ruled");
    const checks = [check("k", { type: "absent" })];
    socket.send({
      type: "push",
      commits: [commitOf("a", 1, [set("k", "early")]), commitOf("a", 2, [set("k", "new")], { checks })],
    });
    const { results } = await socket.next("ruled");
    expect(results.map(({ ruling }) => ruling)).toEqual([
      { type: "accepted", superseded: [{ mutation: 0, winner: { host: "b", n: 1 } }] },
      { type: "rejected", reason: { type: "check", checks: [0] } },
    ]);
  });

  test("gets the results of its replica that another session pushed", async () => {
    await using relay = await openRelay();
    const { socket: tab1 } = await TestSocket.join(relay.url, helloOf("r"));
    const { socket: tab2 } = await TestSocket.join(relay.url, helloOf("r"));
    const { socket: stranger } = await TestSocket.join(relay.url, helloOf("s"));
    await Promise.all([tab1.next("patch"), tab2.next("patch"), stranger.next("patch")]);
    tab2.send({ type: "push", commits: [commitOf("tab2", 1, [set("k", "x")])] });
    expect(await tab1.next("patch")).toMatchObject({
      patch: { to: 1, results: [{ name: { host: "tab2", n: 1 }, revision: 1 }] },
    });
    expect(await stranger.next("patch")).toMatchObject({ patch: { to: 1, results: [] } });
    expect(tab1.messages.map(({ type }) => type)).not.toContain("ruled");
  });

  test("a doubled push is answered, changes nothing and sends no patch", async () => {
    await using relay = await openRelay();
    const { socket } = await TestSocket.join(relay.url, helloOf("r"));
    const commit = commitOf("a", 1, [sum("k", 5n)]);
    socket.send({ type: "push", commits: [commit] });
    const first = await socket.next("ruled");
    await socket.next("patch");
    socket.send({ type: "push", commits: [commit] });
    expect(await socket.next("ruled")).toEqual(first);
    socket.send({ type: "ping", id: 1 });
    expect(await socket.next("pong")).toEqual({ type: "pong", id: 1, head: 1 });
    expect(socket.frames.at(-2)?.map(({ type }) => type)).toEqual(["ruled"]);
  });

  test("a patch carries what was ruled in its span, not what was only answered again", async () => {
    await using relay = await openRelay();
    const { socket } = await TestSocket.join(relay.url, helloOf("r"));
    socket.send({ type: "push", commits: [commitOf("a", 1, [set("k", "x")])] });
    await socket.next("patch", ({ patch }) => patch.to === 1);
    socket.send({
      type: "push",
      commits: [commitOf("a", 1, [set("k", "x")]), commitOf("a", 2, [set("k", "y")])],
    });
    expect((await socket.next("ruled")).results.map(({ revision }) => revision)).toEqual([1, 2]);
    expect((await socket.next("patch")).patch.results.map(({ revision }) => revision)).toEqual([2]);
  });

  test("all that comes in one turn shares one transaction", async () => {
    await using relay = await openRelay();
    const { socket } = await TestSocket.join(relay.url, helloOf("r"));
    await socket.next("patch");
    socket.send(
      { type: "push", commits: [commitOf("a", 1, [])] },
      { type: "push", commits: [commitOf("a", 2, [])] },
    );
    expect((await socket.next("ruled")).results.map(({ revision }) => revision)).toEqual([1, 2]);
  });

  test("that has read further than a turn is not sent that turn once more", async () => {
    const { engine, hold } = await openHeldEngine();
    await using relay = await openRelay({ engine });
    const { socket, welcome } = await TestSocket.join(relay.url, helloOf("r"));
    await socket.next("patch");
    const release = hold();
    // The engine has committed, but its answer is still on the way when the session reads.
    socket.send({ type: "push", commits: [commitOf("a", 1, [set("k", "x")])] }, { type: "ping", id: 1 });
    await socket.next("pong");
    await delay(20);
    socket.send({ type: "pull", epoch: welcome.epoch, from: 0 });
    expect((await socket.next("patch")).patch).toMatchObject({ from: 0, to: 1, upToDate: true });
    release();
    await socket.next("ruled");
    socket.send({ type: "push", commits: [commitOf("a", 2, [set("k", "y")])] });
    expect((await socket.next("patch")).patch).toMatchObject({ from: 1, to: 2 });
  });

  test("gets everything again by a pull from an older cursor", async () => {
    await using relay = await openRelay();
    const { socket, welcome } = await TestSocket.join(relay.url, helloOf("r"));
    socket.send({
      type: "push",
      commits: [commitOf("a", 1, [set("j", "x")]), commitOf("a", 2, [set("k", "y")])],
    });
    await socket.next("patch", ({ patch }) => patch.to === 2);
    socket.send({ type: "pull", epoch: welcome.epoch, from: 1 });
    const { patch } = await socket.next("patch");
    expect(patch).toMatchObject({
      from: 1,
      to: 2,
      upToDate: true,
      entries: [{ key: key("k") }],
      results: [{ revision: 2 }],
    });
    socket.send({ type: "pull", epoch: welcome.epoch, from: 2 });
    expect((await socket.next("patch")).patch).toMatchObject({ from: 2, to: 2, upToDate: true, entries: [] });
  });

  test("a pull drops what was being read for the place before it", async () => {
    const { engine, holdReads } = await openHeldEngine();
    await using relay = await openRelay({ engine });
    const { socket: writer, welcome } = await TestSocket.join(relay.url, helloOf("r"));
    writer.send({
      type: "push",
      commits: [commitOf("a", 1, [set("j", "x")]), commitOf("a", 2, [set("k", "y")])],
    });
    await writer.next("patch", ({ patch }) => patch.to === 2);
    const release = holdReads();
    const { socket } = await TestSocket.join(relay.url, helloOf("s"));
    socket.send({ type: "pull", epoch: welcome.epoch, from: 1 }, { type: "ping", id: 1 });
    await socket.next("pong");
    release();
    await socket.next("patch");
    socket.send({ type: "ping", id: 2 });
    await socket.next("pong");
    expect(patchesOf(socket).map(({ from, to }) => [from, to])).toEqual([[1, 2]]);
  });

  test("a pull for another epoch is ignored", async () => {
    await using relay = await openRelay();
    const { socket } = await TestSocket.join(relay.url, helloOf("r"));
    await socket.next("patch");
    socket.send({ type: "pull", epoch: "another", from: 0 }, { type: "ping", id: 1 });
    await socket.next("pong");
    expect(socket.messages.map(({ type }) => type)).toEqual(["welcome", "patch", "pong"]);
  });

  test("goes on from a valid cursor, and from the start with one that is not", async () => {
    await using relay = await openRelay();
    const { socket: writer, welcome } = await TestSocket.join(relay.url, helloOf("r"));
    writer.send({
      type: "push",
      commits: [commitOf("a", 1, [set("j", "x")]), commitOf("a", 2, [set("k", "y")])],
    });
    await writer.next("ruled");
    const firstPatch = async (epoch: string | null, cursor: number) => {
      const { socket, welcome } = await TestSocket.join(relay.url, helloOf("s", { epoch, cursor }));
      const { patch } = await socket.next("patch");
      return [welcome.valid, patch.from, patch.entries.length];
    };
    expect(await firstPatch(welcome.epoch, 1)).toEqual([true, 1, 1]);
    expect(await firstPatch(welcome.epoch, 2)).toEqual([true, 2, 0]);
    expect(await firstPatch(null, 0)).toEqual([true, 0, 2]);
    expect(await firstPatch(welcome.epoch, 3)).toEqual([false, 0, 2]);
    expect(await firstPatch("another", 1)).toEqual([false, 0, 2]);
  });

  test("catches up in parts, and is told at the end alone that it is up to date", async () => {
    await using relay = await openRelay();
    const { socket: writer } = await TestSocket.join(relay.url, helloOf("r"));
    const commits = Array.from({ length: 50 }, (_, n) =>
      commitOf(
        "a",
        n + 1,
        Array.from({ length: 100 }, (_, index) => set(`${n}-${index}`, "x")),
      ),
    );
    writer.send({ type: "push", commits });
    await writer.next("patch", ({ patch }) => patch.to === 50);
    const { socket } = await TestSocket.join(relay.url, helloOf("s"));
    await socket.next("patch", ({ patch }) => patch.upToDate);
    const parts = socket.messages.filter((message) => message.type === "patch").map(({ patch }) => patch);
    expect(parts.map(({ to, upToDate }) => [to, upToDate])).toEqual(
      [10, 20, 30, 40, 50].map((to) => [to, to === 50]),
    );
    expect(new Set(parts.flatMap(({ entries }) => entries.map((entry) => entry.key))).size).toBe(5000);
  });
});

describe("replicas", () => {
  test("converge, whatever they write and however often they are cut off", async () => {
    await using relay = await openRelay();
    const replicas = ["a", "b", "c"].map((host) => new TestReplica(host));
    const random = createRandom(20_260_729);
    const names = ["x", "y", "z"];
    let added = 0n;
    for (const replica of replicas) await replica.connect(relay.url);
    for (let step = 0; step < 300; step++) {
      const replica = replicas[random(replicas.length)] ?? new TestReplica("never");
      const action = random(10);
      if (action === 0) {
        await replica.disconnect();
        await replica.connect(relay.url);
      } else if (action < 5) {
        const amount = BigInt(random(100));
        added += amount;
        const commit = replica.commit(
          [sum("total", amount), set(names[random(3)] ?? "", `${step}`)],
          random(1000),
        );
        if (action === 1) replica.push(commit);
      } else replica.commit([set(names[random(3)] ?? "", `${replica.host} ${step}`)], step);
      if (step % 10 === 0) await delay(0);
    }
    for (const replica of replicas) await replica.settle();
    const head = Math.max(...replicas.map(({ cursor }) => cursor));
    for (const replica of replicas) await replica.settle(head);
    const [first, ...rest] = replicas.map(({ valueByKey }) => valueByKey);
    expect(first?.get(key("total"))).toEqual(number(added));
    expect(first?.size).toBe(4);
    for (const other of rest) expect(other).toEqual(first);
    const results = replicas.flatMap(({ resultByName }) => [...resultByName.values()]);
    expect(results.every(({ ruling }) => ruling.type === "accepted")).toBe(true);
  });

  test("of different buckets do not meet", async () => {
    await using relay = await openRelay();
    const { socket: one } = await TestSocket.join(relay.url, helloOf("r", { bucket: "one" }));
    const { socket: two } = await TestSocket.join(relay.url, helloOf("r", { bucket: "two" }));
    await two.next("patch");
    one.send({ type: "push", commits: [commitOf("a", 1, [set("k", "x")])] });
    await one.next("ruled");
    two.send({ type: "ping", id: 1 });
    expect(await two.next("pong")).toMatchObject({ head: 0 });
    expect(two.messages).toHaveLength(3);
  });
});

describe("a slow reader", () => {
  test(
    "is sent no more than the cap, delays nobody, and gets everything when it reads again",
    { timeout: 20_000 },
    async () => {
      await using relay = await openRelay({ sendBufferBytes: 100_000, sendBufferBytesMax: 400_000 });
      const { socket: slow } = await TestSocket.join(relay.url, helloOf("s"));
      const { socket: writer } = await TestSocket.join(relay.url, helloOf("r"));
      await slow.next("patch");
      slow.socket.pause();
      const large = "x".repeat(50_000);
      for (let n = 1; n <= 400; n++) {
        writer.send({ type: "push", commits: [commitOf("a", n, [set(`k${n % 7}`, `${n} ${large}`)])] });
        await writer.next("patch", ({ patch }) => patch.to === n);
      }
      slow.socket.resume();
      const shown = new Map<string, number>();
      await slow.next("patch", ({ patch }) => patch.to === 400);
      for (const { entries } of patchesOf(slow)) {
        for (const entry of entries) shown.set(entry.key, entry.revision);
      }
      expect([...shown.values()].toSorted((a, b) => a - b)).toEqual([394, 395, 396, 397, 398, 399, 400]);
      // What the kernel holds for it is sent all the same; after that it gets the latest versions alone.
      expect(writer.receivedLength).toBeGreaterThan(20_000_000);
      expect(slow.receivedLength).toBeLessThan(14_000_000);
      expect(isChain(patchesOf(slow))).toBe(true);
    },
  );
});

describe("a peer that pushes and does not read", () => {
  test("is not read from until it has taken its answers", { timeout: 20_000 }, async () => {
    await using relay = await openRelay({ sendBufferBytes: 100_000, sendBufferBytesMax: 400_000 });
    const { socket: deaf } = await TestSocket.join(relay.url, helloOf("r"));
    const { socket: other } = await TestSocket.join(relay.url, helloOf("s"));
    const names = Array.from({ length: 1000 }, (_, index) => `k${index}`);
    const host = "x".repeat(180);
    other.send({
      type: "push",
      commits: [
        commitOf(
          host,
          1,
          names.map((name) => set(name, "late")),
          { atMs: 9 },
        ),
      ],
    });
    await other.next("ruled");
    deaf.socket.pause();
    // Each answer names the long winner of a thousand mutations: 200 KB.
    const pushed = 120;
    for (let n = 1; n <= pushed; n++) {
      deaf.send({
        type: "push",
        commits: [
          commitOf(
            "a",
            n,
            names.map((name) => set(name, "early")),
          ),
        ],
      });
    }
    const headNow = async (): Promise<number> => {
      other.send({ type: "ping", id: 1 });
      return (await other.next("pong")).head;
    };
    let head = 0;
    let headBefore = -1;
    while (head > headBefore) {
      headBefore = head;
      await delay(200);
      head = await headNow();
    }
    expect(head).toBeGreaterThan(1);
    expect(head).toBeLessThan(pushed);
    deaf.socket.resume();
    await deaf.next("ruled", ({ results }) => results.at(-1)?.name.n === pushed);
    expect(await headNow()).toBe(pushed + 1);
  });
});

const patchesOf = (socket: TestSocket): readonly Patch[] =>
  socket.messages.filter((message) => message.type === "patch").map(({ patch }) => patch);

/** True when each patch follows on the one before it. */
const isChain = (patches: readonly Patch[]): boolean =>
  patches.every(({ from }, index) => index === 0 || from === patches[index - 1]?.to);

/** A small seeded generator (mulberry32): integers below `below`. */
const createRandom = (seed: number) => {
  let state = seed;
  return (below: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
};
