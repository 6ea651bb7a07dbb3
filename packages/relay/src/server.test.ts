/**
 * The relay as a server: what becomes of sessions when a peer or the engine misbehaves or the relay
 * ends, and who may reach it at all.
 */
import { once } from "node:events";
import { packKey } from "@rockpool/model";
import { describe, expect, test } from "vitest";
import { commitOf, set } from "./commit-fixture.ts";
import { openMemoryEngine } from "./memory-engine.ts";
import { openHeldEngine, openRelay } from "./relay-fixture.ts";
import { helloOf, TestSocket } from "./test-socket.ts";

const accepted = { type: "accepted", superseded: [] };

describe("a relay that fails or ends", () => {
  test("says so when the engine fails, acknowledges nothing, and serves the next session", async () => {
    const { engine, fail } = await openHeldEngine();
    const errors: unknown[] = [];
    await using relay = await openRelay({ engine, onError: (error) => errors.push(error) });
    const { socket } = await TestSocket.join(relay.url, helloOf("r"));
    fail(true);
    socket.send({ type: "push", commits: [commitOf("a", 1, [set("k", "x")])] });
    expect(await socket.next("error")).toMatchObject({ code: "internal" });
    expect(await socket.closed).toBe(1011);
    expect(socket.messages.map(({ type }) => type)).not.toContain("ruled");
    expect(String(errors)).toContain("disk on fire");
    fail(false);
    const { socket: next } = await TestSocket.join(relay.url, helloOf("r"));
    next.send({ type: "push", commits: [commitOf("a", 1, [set("k", "x")])] });
    expect(await next.next("ruled")).toMatchObject({ results: [{ revision: 1, ruling: accepted }] });
  });

  test("rules what was pushed, says that it is closing, and closes", async () => {
    const { engine, hold } = await openHeldEngine();
    const relay = await openRelay({ engine });
    const { socket } = await TestSocket.join(relay.url, helloOf("r"));
    await socket.next("patch");
    const release = hold();
    socket.send({ type: "push", commits: [commitOf("a", 1, [set("k", "x")])] }, { type: "ping", id: 1 });
    await socket.next("pong");
    const closing = Promise.all([relay.close(), relay.close()]);
    release();
    expect(await socket.next("error")).toMatchObject({ code: "closing", retryAfterMs: 500 });
    expect(await socket.closed).toBe(1012);
    expect(socket.messages.map(({ type }) => type)).toEqual([
      "welcome",
      "patch",
      "pong",
      "ruled",
      "patch",
      "error",
    ]);
    await closing;
    await expect(TestSocket.open(relay.url)).rejects.toThrow("ECONNREFUSED");
    await expect(engine.openBucket("b")).rejects.toMatchObject({ code: "closed" });
  });

  test("does not wait for a socket that never says goodbye", async () => {
    const relay = await openRelay();
    const { socket } = await TestSocket.join(relay.url, helloOf("r"));
    socket.socket.pause();
    await relay.close();
    socket.socket.resume();
    expect([1006, 1012]).toContain(await socket.closed);
  });
});

/** The error a socket was told, and the code it was closed with. */
const endOf = async (
  socket: TestSocket,
): Promise<readonly [string | undefined, string | undefined, number]> => {
  const code = await socket.closed;
  const error = socket.messages.find((message) => message.type === "error");
  return [error?.code, error?.message, code];
};

describe("what a socket may and may not do", () => {
  test.each([
    ["begin with something else", ['[{"type":"ping","id":1}]'], "malformed", "must be a hello", 4400],
    ["send what is no message", ["hello"], "malformed", "expected JSON text", 4400],
    ["speak before it is welcomed", ["HELLO", '[{"type":"ping","id":1}]'], "malformed", "wait for it", 4400],
    ["speak in the frame of the hello", ["HELLO AND PING"], "malformed", "wait for it", 4400],
    ["say hello twice", ["HELLO", "wait", "HELLO"], "malformed", "second hello", 4400],
    [
      "pull beyond the head",
      ["HELLO", "wait", '[{"type":"pull","epoch":"EPOCH","from":1}]'],
      "malformed",
      "beyond the head",
      4400,
    ],
    [
      "speak a later version alone",
      [
        '[{"type":"hello","protocol":[3,4],"bucket":"b","replica":"r","epoch":null,"cursor":0,"follow":[""],"clockMs":1}]',
      ],
      "version",
      "update the relay",
      4426,
    ],
  ])("%s", async (_, frames, code, message, closeCode) => {
    await using relay = await openRelay({ engine: await openMemoryEngine({ randomId: () => "EPOCH" }) });
    await using socket = await TestSocket.open(relay.url);
    for (const frame of frames) {
      if (frame === "HELLO") socket.send(helloOf("r"));
      else if (frame === "HELLO AND PING") socket.send(helloOf("r"), { type: "ping", id: 1 });
      else if (frame === "wait") await socket.next("welcome");
      else socket.socket.send(frame);
    }
    expect(await endOf(socket)).toEqual([code, expect.stringContaining(message), closeCode]);
  });

  test("follow more prefixes than are served", async () => {
    await using relay = await openRelay({ followMax: 2 });
    await using socket = await TestSocket.open(relay.url);
    socket.send(helloOf("r", { follow: ["a", "b", "c"].map((name) => packKey([name])) }));
    expect(await endOf(socket)).toEqual(["too-large", expect.stringContaining("at most 2"), 4413]);
  });

  test("send bytes", async () => {
    await using relay = await openRelay();
    await using socket = await TestSocket.open(relay.url);
    socket.socket.send(Buffer.from("[]"));
    expect(await endOf(socket)).toEqual(["malformed", expect.stringContaining("binary"), 4400]);
  });

  test("say nothing", async () => {
    await using relay = await openRelay({ helloMsMax: 30 });
    await using socket = await TestSocket.open(relay.url);
    expect(await endOf(socket)).toEqual([undefined, undefined, 4508]);
  });

  test("send a frame over the limit", async () => {
    await using relay = await openRelay({ frameBytesMax: 1000 });
    const { socket } = await TestSocket.join(relay.url, helloOf("r"));
    socket.send({ type: "push", commits: [commitOf("a", 1, [set("k", "x".repeat(1000))])] });
    expect((await endOf(socket))[2]).toBe(1009);
  });

  test("push more than the limits before it is ruled", async () => {
    const { engine, hold } = await openHeldEngine();
    const { limits } = (await TestSocket.join((await openRelay()).url, helloOf("r"))).welcome;
    await using relay = await openRelay({ engine, limits: { ...limits, pushCommitsMax: 2 } });
    const { socket } = await TestSocket.join(relay.url, helloOf("r"));
    const release = hold();
    for (let n = 1; n <= 3; n++) socket.send({ type: "push", commits: [commitOf("a", n, [])] });
    expect(await endOf(socket)).toEqual(["too-large", expect.stringContaining("wait for rulings"), 4413]);
    release();
  });

  test("push what a relay of small limits allows", async () => {
    const { limits } = (await TestSocket.join((await openRelay()).url, helloOf("r"))).welcome;
    const small = { ...limits, commitBytesMax: 250, pushBytesMax: 20_000, pushCommitsMax: 100 };
    await using relay = await openRelay({ limits: small });
    const { socket } = await TestSocket.join(relay.url, helloOf("r"));
    const commits = Array.from({ length: 100 }, (_, n) =>
      commitOf("a", n + 1, [set("k", "\u0000".repeat(150))]),
    );
    socket.send({ type: "push", commits });
    await socket.next("patch", ({ patch }) => patch.to === 100);
  });

  test("push without end: only what is not ruled yet counts", async () => {
    const { limits } = (await TestSocket.join((await openRelay()).url, helloOf("r"))).welcome;
    await using relay = await openRelay({ limits: { ...limits, pushCommitsMax: 2 } });
    const { socket } = await TestSocket.join(relay.url, helloOf("r"));
    for (let n = 1; n <= 6; n += 2) {
      socket.send({ type: "push", commits: [commitOf("a", n, []), commitOf("a", n + 1, [])] });
      expect(await socket.next("ruled")).toMatchObject({ results: [{ revision: n }, { revision: n + 1 }] });
    }
  });

  test("stay silent: a socket that answers no ping is dropped, one that does is kept", async () => {
    await using relay = await openRelay({ pingMs: 40 });
    const dead = await TestSocket.open(relay.url, { autoPong: false });
    const alive = await TestSocket.open(relay.url);
    dead.send(helloOf("r"));
    alive.send(helloOf("r"));
    expect(await dead.closed).toBe(1006);
    await once(alive.socket, "ping");
    alive.send({ type: "ping", id: 1 });
    await alive.next("pong");
  });
});

describe("an address", () => {
  test.each(["0.0.0.0", "::", "192.168.0.1", "example.com", "localhost.example.com"])(
    "that others can reach (%s) is refused",
    async (host) => {
      await expect(openRelay({ host })).rejects.toMatchObject({
        code: "unsupported",
        message: expect.stringContaining(host),
      });
    },
  );

  test.each(["localhost", "127.0.0.1", "::1"])("of this machine (%s) is served", async (host) => {
    await using relay = await openRelay({ host });
    const { socket } = await TestSocket.join(relay.url, helloOf("r"));
    expect(socket.messages).not.toEqual([]);
  });

  test("that is taken is told by its code", async () => {
    await using relay = await openRelay();
    await expect(openRelay({ port: relay.port })).rejects.toMatchObject({ code: "EADDRINUSE" });
  });

  test("answers a health check, and points others to the WebSocket", async () => {
    await using relay = await openRelay();
    const base = relay.url.replace("ws:", "http:");
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
    expect((await fetch(base)).status).toBe(404);
  });

  test("takes browsers' sockets from pages of this machine alone", async () => {
    await using relay = await openRelay();
    await expect(TestSocket.open(relay.url, { origin: "https://example.com" })).rejects.toThrow("403");
    await expect(TestSocket.open(relay.url, { origin: "null" })).rejects.toThrow("403");
    for (const origin of ["http://localhost:5173", "http://127.0.0.1:80", "http://[::1]:5173"]) {
      await using socket = await TestSocket.open(relay.url, { origin });
      expect(socket.frames).toEqual([]);
    }
  });
});
