/**
 * Tokens over real WebSockets: whom a session is for, what it may read and write, and when it ends.
 */
import { packKey, type Key, type Mutation } from "@rockpool/model";
import { describe, expect, test } from "vitest";
import { check, commitOf, set, testNowMs, text } from "./commit-fixture.ts";
import type { Grant } from "./access.ts";
import { grantTo, openGrantingRelay } from "./grants-fixture.ts";
import { openHeldEngine } from "./relay-fixture.ts";
import { helloOf, TestSocket } from "./test-socket.ts";

const setAt = (...at: Key): Mutation => ({ type: "set", key: packKey(at), value: text("x") });

/** A session that was welcomed with a token and has its first patch. */
const joinWith = async (url: string, token: string, replica = "r") => {
  const { socket, welcome } = await TestSocket.join(url, helloOf(replica, { token }));
  await socket.next("patch");
  return { socket, welcome };
};

const endOf = async (socket: TestSocket): Promise<readonly [code: string, closeCode: number]> => [
  (await socket.next("error")).code,
  await socket.closed,
];

describe("a hello", () => {
  test("is welcomed with whom its token is for, how long, and what may be read of what it follows", async () => {
    const grant = grantTo("ann", { read: [["a"], ["b", 1]], expiresAt: testNowMs + 5000 });
    await using granting = await openGrantingRelay({ one: grant });
    const follow = [packKey(["a", 2]), packKey(["b"])];
    const { welcome } = await TestSocket.join(granting.relay.url, helloOf("r", { token: "one", follow }));
    expect(welcome).toMatchObject({
      subject: "ann",
      expiresInMs: 5000,
      scope: [packKey(["a", 2]), packKey(["b", 1])],
    });
  });

  test.each([
    ["without a token", undefined, "nothing"],
    ["with one that does not hold", "two", "two"],
    ["with one that has expired", "old", "expired"],
  ])("%s is refused", async (_, token, message) => {
    await using granting = await openGrantingRelay({ old: grantTo("ann", { expiresAt: testNowMs }) });
    const socket = await TestSocket.open(granting.relay.url);
    socket.send(token === undefined ? helloOf("r") : helloOf("r", { token }));
    expect((await socket.next("error")).message).toContain(message);
    expect(await socket.closed).toBe(4401);
    expect(socket.messages).toHaveLength(1);
    expect(granting.errors).toEqual([]);
  });

  test.each([
    ["throws what is no refusal", () => Promise.reject(new Error("password of the database"))],
    ["grants what is no grant", () => Promise.resolve(grantTo("\n"))],
    ["grants what is no key", () => Promise.resolve(grantTo("ann", { read: ["a" as unknown as Key] }))],
    ["grants nothing", () => Promise.resolve(null as unknown as Grant)],
  ])(
    "is told to come back, and no reason, when authenticate %s; the owner is told",
    async (_, authenticate) => {
      await using granting = await openGrantingRelay({}, { authenticate });
      const socket = await TestSocket.open(granting.relay.url);
      socket.send(helloOf("r", { token: "one" }));
      expect(await socket.next("error")).toEqual({
        type: "error",
        code: "internal",
        message: "the relay could not look at the token",
      });
      expect(await socket.closed).toBe(1011);
      expect(granting.errors).toEqual([expect.any(Error)]);
    },
  );

  test("is told to come back later when its token is not looked at in time", async () => {
    await using granting = await openGrantingRelay({ one: grantTo("ann") }, { helloMsMax: 30, busyMs: 7 });
    const release = granting.hold();
    const socket = await TestSocket.open(granting.relay.url);
    socket.send(helloOf("r", { token: "one" }));
    expect(await socket.next("error")).toMatchObject({ code: "busy", retryAfterMs: 7 });
    release();
    expect(await socket.closed).toBe(1013);
    await joinWith(granting.relay.url, "one");
  });

  test("of one subject too many is told to come back later; another subject is served", async () => {
    const grants = { one: grantTo("ann"), two: grantTo("bob") };
    await using granting = await openGrantingRelay(grants, { sessionsPerSubjectMax: 2, busyMs: 7 });
    const { socket: first } = await joinWith(granting.relay.url, "one");
    await joinWith(granting.relay.url, "one");
    const third = await TestSocket.open(granting.relay.url);
    third.send(helloOf("r", { token: "one" }));
    expect(await third.next("error")).toMatchObject({ code: "busy", retryAfterMs: 7 });
    expect(await third.closed).toBe(1013);
    await joinWith(granting.relay.url, "two");
    await first[Symbol.asyncDispose]();
    await expect
      .poll(async () => {
        const socket = await TestSocket.open(granting.relay.url);
        socket.send(helloOf("r", { token: "one" }));
        await socket.until(() => socket.messages.length > 0, "an answer");
        return socket.messages[0]?.type;
      })
      .toBe("welcome");
  });
});

describe("a session with a token", () => {
  test("may listen off loopback, and take sockets from any page", async () => {
    await using granting = await openGrantingRelay({ one: grantTo("ann") }, { host: "0.0.0.0" });
    const url = `ws://127.0.0.1:${granting.relay.port}`;
    const socket = await TestSocket.open(url, { origin: "https://example.com" });
    socket.send(helloOf("r", { token: "one" }));
    expect(await socket.next("welcome")).toMatchObject({ subject: "ann" });
  });

  test("writes where it may, and is told of the key where it may not", async () => {
    const grant = grantTo("ann", { read: [["a"]], write: [["a"], ["inbox"]] });
    await using granting = await openGrantingRelay({ one: grant });
    const { socket } = await joinWith(granting.relay.url, "one");
    const commits = [
      commitOf("a", 1, [setAt("a", 1), setAt("inbox", 1)]),
      commitOf("a", 2, [setAt("a", 2), setAt("b", 7n)]),
      commitOf("a", 3, [setAt("a", 3)], { checks: [check("b", { type: "absent" })] }),
    ];
    socket.send({ type: "push", commits });
    const { results } = await socket.next("ruled");
    expect(results.map(({ ruling }) => ruling)).toEqual([
      { type: "accepted", superseded: [] },
      { type: "rejected", reason: { type: "permission", message: expect.stringContaining('["b", 7n]') } },
      { type: "rejected", reason: { type: "permission", message: expect.stringContaining('["b"]') } },
    ]);
    expect((await socket.next("patch")).patch.entries.map((entry) => entry.key)).toEqual([packKey(["a", 1])]);
  });

  test("goes on with another token of the same subject, and ends with that one", async () => {
    const grants = {
      one: grantTo("ann", { expiresAt: testNowMs + 40 }),
      two: grantTo("ann", { expiresAt: testNowMs + 90 }),
    };
    await using granting = await openGrantingRelay(grants);
    const { socket } = await joinWith(granting.relay.url, "one");
    socket.send({ type: "auth", token: "two" });
    expect(await socket.next("renewed")).toEqual({ type: "renewed", expiresInMs: 90 });
    granting.clock.nowMs += 60;
    socket.send({ type: "push", commits: [commitOf("a", 1, [set("k", "x")])] });
    expect((await socket.next("ruled")).results).toHaveLength(1);
    granting.clock.nowMs += 30;
    expect(await endOf(socket)).toEqual(["unauthorized", 4401]);
  });

  test("ends when its token does, without being asked", async () => {
    await using granting = await openGrantingRelay({ one: grantTo("ann", { expiresAt: testNowMs + 50 }) });
    const { socket } = await joinWith(granting.relay.url, "one");
    granting.clock.nowMs += 50;
    expect(await endOf(socket)).toEqual(["unauthorized", 4401]);
  });

  test("is not ruled on, nor told anything, from the moment its token ends", async () => {
    // The clock is moved by hand, and the timer waits for an hour.
    await using granting = await openGrantingRelay({
      one: grantTo("ann", { expiresAt: testNowMs + 3_600_000 }),
      two: grantTo("bob"),
    });
    const { socket } = await joinWith(granting.relay.url, "one");
    const { socket: reader } = await joinWith(granting.relay.url, "one", "s");
    const { socket: other } = await joinWith(granting.relay.url, "two", "t");
    granting.clock.nowMs += 3_600_000;
    socket.send({ type: "push", commits: [commitOf("a", 1, [set("k", "x")])] });
    expect(await endOf(socket)).toEqual(["unauthorized", 4401]);
    other.send({ type: "push", commits: [commitOf("b", 1, [set("j", "x")])] });
    expect((await other.next("ruled")).results).toMatchObject([{ revision: 1 }]);
    expect(await endOf(reader)).toEqual(["unauthorized", 4401]);
    expect(reader.messages.map(({ type }) => type)).toEqual(["welcome", "patch", "error"]);
  });

  test.each([
    ["that does not hold", "nobody", "unauthorized", 4401],
    ["of another subject", "bob", "unauthorized", 4401],
    ["that reads less", "less", "scope", 4509],
    ["that reads more", "more", "scope", 4509],
    ["that writes other keys", "other", "scope", 4509],
  ])("ends with a token %s", async (_, token, code, closeCode) => {
    const some = { read: [["a"]], write: [["a"]] };
    await using granting = await openGrantingRelay({
      one: grantTo("ann", some),
      bob: grantTo("bob", some),
      less: grantTo("ann", { ...some, read: [["a", 1]] }),
      more: grantTo("ann", { ...some, read: [["a"], ["b"]] }),
      other: grantTo("ann", { ...some, write: [["a"], ["b"]] }),
    });
    const { socket } = await joinWith(granting.relay.url, "one");
    socket.send({ type: "auth", token });
    expect(await endOf(socket)).toEqual([code, closeCode]);
  });

  test("ends when the relay cannot look at its next token, and may come back", async () => {
    await using granting = await openGrantingRelay({ one: grantTo("ann") });
    const { socket } = await joinWith(granting.relay.url, "one");
    granting.fail(new TypeError("the database is down"));
    socket.send({ type: "auth", token: "two" });
    expect(await endOf(socket)).toEqual(["internal", 1011]);
    expect(granting.errors).toMatchObject([{ message: "the database is down" }]);
    await joinWith(granting.relay.url, "one");
  });

  test("goes on when rights change that it has no part in", async () => {
    await using granting = await openGrantingRelay({
      one: grantTo("ann", { read: [["a"]] }),
      two: grantTo("ann", { read: [["a"], ["b"]] }),
    });
    const hello = helloOf("r", { token: "one", follow: [packKey(["a"])] });
    const { socket } = await TestSocket.join(granting.relay.url, hello);
    socket.send({ type: "auth", token: "two" });
    await socket.next("renewed");
    const seen = commitOf("a", 1, [set("k", "x")], { checks: [check("b", { type: "absent" })] });
    socket.send({ type: "push", commits: [seen] });
    expect((await socket.next("ruled")).results).toMatchObject([{ ruling: { type: "accepted" } }]);
  });

  test("may not send a second token before the first is answered", async () => {
    await using granting = await openGrantingRelay({ one: grantTo("ann") });
    const { socket } = await joinWith(granting.relay.url, "one");
    const release = granting.hold();
    socket.send({ type: "auth", token: "one" }, { type: "auth", token: "one" });
    expect(await endOf(socket)).toEqual(["malformed", 4400]);
    release();
  });

  test("that pushes too often is told when to come back", async () => {
    await using granting = await openGrantingRelay({ one: grantTo("ann") }, { pushesPerSecondMax: 2 });
    const { socket } = await joinWith(granting.relay.url, "one");
    const push = (n: number) => socket.send({ type: "push", commits: [commitOf("a", n, [])] });
    push(1);
    push(2);
    await socket.next("ruled", ({ results }) => results.at(-1)?.name.n === 2);
    granting.clock.nowMs += 500;
    push(3);
    await socket.next("ruled");
    push(4);
    expect(await socket.next("error")).toMatchObject({ code: "busy", retryAfterMs: 500 });
    expect(await socket.closed).toBe(1013);
  });
});

describe("a recheck", () => {
  test("ends the sessions whose rights have changed, of the subject it names, and no others", async () => {
    const grants = { one: grantTo("ann"), two: grantTo("bob"), three: grantTo("ann", { read: [["a"]] }) };
    await using granting = await openGrantingRelay(grants);
    const { url } = granting.relay;
    const { socket: changed } = await joinWith(url, "one");
    const { socket: other } = await joinWith(url, "two");
    const { socket: same } = await joinWith(url, "three");
    granting.grantByToken.set("one", grantTo("ann", { write: [] }));
    granting.grantByToken.delete("two");
    await granting.relay.recheck("ann");
    expect(await endOf(changed)).toEqual(["scope", 4509]);
    for (const socket of [other, same]) {
      socket.send({ type: "ping", id: 1 });
      await socket.next("pong");
    }
    await granting.relay.recheck();
    expect(await endOf(other)).toEqual(["unauthorized", 4401]);
    expect(same.messages.at(-1)).toMatchObject({ type: "pong" });
  });

  test("that cannot be had ends the session, which may come back", async () => {
    await using granting = await openGrantingRelay({ one: grantTo("ann"), two: grantTo("bob") });
    const { socket } = await joinWith(granting.relay.url, "one");
    const { socket: other } = await joinWith(granting.relay.url, "two", "s");
    granting.fail(new TypeError("the database is down"));
    await granting.relay.recheck("ann");
    expect(await endOf(socket)).toEqual(["internal", 1011]);
    expect(granting.errors).toMatchObject([{ message: "the database is down" }]);
    await granting.relay.recheck();
    other.send({ type: "ping", id: 1 });
    await other.next("pong");
    await joinWith(granting.relay.url, "one");
  });

  test("takes back what was pushed and not yet ruled", async () => {
    const { engine, hold } = await openHeldEngine();
    await using granting = await openGrantingRelay({ one: grantTo("ann"), two: grantTo("bob") }, { engine });
    const { socket } = await joinWith(granting.relay.url, "one");
    const { socket: other } = await joinWith(granting.relay.url, "two", "s");
    const release = hold();
    // The first is being ruled while the second waits behind it.
    socket.send({ type: "push", commits: [commitOf("a", 1, [set("k", "x")])] }, { type: "ping", id: 1 });
    await socket.next("pong");
    await expect.poll(async () => (await engine.openBucket("b")).head).toBe(1);
    socket.send({ type: "push", commits: [commitOf("a", 2, [set("k", "y")])] }, { type: "ping", id: 2 });
    await socket.next("pong");
    granting.grantByToken.delete("one");
    await granting.relay.recheck();
    expect(await endOf(socket)).toEqual(["unauthorized", 4401]);
    release();
    other.send({ type: "push", commits: [commitOf("b", 1, [])] });
    expect((await other.next("ruled")).results).toMatchObject([{ revision: 2 }]);
  });

  test("takes another end of the token that the session has by then", async () => {
    await using granting = await openGrantingRelay({ one: grantTo("ann"), two: grantTo("ann") });
    const { socket } = await joinWith(granting.relay.url, "one");
    socket.send({ type: "auth", token: "two" });
    await socket.next("renewed");
    granting.grantByToken.delete("one");
    granting.grantByToken.set("two", grantTo("ann", { expiresAt: testNowMs + 30 }));
    await granting.relay.recheck();
    socket.send({ type: "ping", id: 1 });
    await socket.next("pong");
    granting.clock.nowMs += 30;
    expect(await endOf(socket)).toEqual(["unauthorized", 4401]);
  });

  test.each([
    ["does not hold any more", undefined],
    ["reads less", grantTo("ann", { read: [] })],
  ])("leaves a session alone whose last token %s, when it has another by then", async (_, grant) => {
    await using granting = await openGrantingRelay({ two: grantTo("ann"), one: grantTo("ann") });
    const { socket } = await joinWith(granting.relay.url, "one");
    if (grant === undefined) granting.grantByToken.delete("one");
    else granting.grantByToken.set("one", grant);
    const release = granting.hold();
    const rechecked = granting.relay.recheck();
    socket.send({ type: "auth", token: "two" });
    await socket.next("renewed");
    release();
    await rechecked;
    socket.send({ type: "ping", id: 1 });
    await socket.next("pong");
  });
});
