/**
 * What the y-websocket endpoint refuses, with which code, and what the relay holds of it afterwards: nothing.
 */
import { once } from "node:events";
import { roomOfKey, packKey } from "@rockpool/model";
import { createRelayConfig, openMemoryEngine, RelayCore, type RelayConfig } from "@rockpool/relay";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { encodeAwarenessUpdate } from "y-protocols/awareness";
import * as Y from "yjs";
import { StockClient, until, untilEqual } from "./stock-client.ts";
import { closeOf, grantTo, openGrantingRelay, openRelay } from "./wire-bed.ts";

const varuint = (value: number): readonly number[] =>
  value < 0x80 ? [value] : [(value % 0x80) | 0x80, ...varuint(Math.floor(value / 0x80))];

/** A message of y-websocket: its number or numbers, and bytes behind their length. */
const messageOf = (head: readonly number[], bytes: Uint8Array): Uint8Array =>
  Uint8Array.from([...head, ...varuint(bytes.length), ...bytes]);

const nothing = Uint8Array.of(0);
const step1 = messageOf([0, 0], nothing);
const step2 = messageOf([0, 1], Uint8Array.of(0, 0));
const update = (bytes: Uint8Array): Uint8Array => messageOf([0, 2], bytes);
const aware = (...states: readonly (readonly [client: number, clock: number, state: string])[]): Uint8Array =>
  messageOf(
    [1],
    Uint8Array.from([
      states.length,
      ...states.flatMap(([client, clock, state]) => [
        ...varuint(client),
        ...varuint(clock),
        ...varuint(state.length),
        ...Buffer.from(state),
      ]),
    ]),
  );

const updateOf = (text: string): Uint8Array => {
  const doc = new Y.Doc();
  doc.getText("t").insert(0, text);
  return Y.encodeStateAsUpdate(doc);
};

describe("a client is refused that", () => {
  test.each([
    ["asks for no bucket", "/y/"],
    ["asks for no document", "/y/b"],
    ["asks for a document without a name", "/y/b/"],
    ["asks for a broken name", "/y/b/%ff"],
    ["asks for a packed key that is none", "/y/b/~!"],
    ["asks for a broken bucket", "/y/%ff/a"],
    ["asks for a bucket with a control character", "/y/%00/a"],
  ])("%s", async (_, path) => {
    await using relay = await openRelay();
    expect(await closeOf(relay.url + path)).toEqual([4400, expect.stringContaining("/y/<bucket>/<room>")]);
  });

  test.each<readonly [string, readonly (string | Uint8Array)[]]>([
    ["sends text", ["hello"]],
    ["sends no bytes", [Uint8Array.of()]],
    ["sends a message that is none", [Uint8Array.of(9)]],
    ["sends a sync message that is none", [Uint8Array.of(0, 3, 0)]],
    ["sends an auth message that is none", [Uint8Array.of(2, 1)]],
    ["sends half a message", [step1.subarray(0, 2)]],
    ["sends a message that says it is longer", [Uint8Array.of(0, 0, 100, 0)]],
    ["sends more than a message", [Uint8Array.of(...step1, 0)]],
    ["sends a state vector that is none", [messageOf([0, 0], Uint8Array.of(5, 1))]],
    ["sends an update that is none", [step1, step2, update(Uint8Array.of(200))]],
    [
      "sends an update that is none among others",
      [step1, step2, update(updateOf("a")), update(Uint8Array.of(200))],
    ],
    ["answers with an update that is none", [step1, messageOf([0, 1], Uint8Array.of(1, 1, 1))]],
    ["sends an awareness update that is none", [messageOf([1], Uint8Array.of(1, 1))]],
    ["sends an awareness state that is no JSON", [aware([1, 1, "{"])]],
  ])("%s", async (_, frames) => {
    await using relay = await openRelay();
    expect((await closeOf(`${relay.url}/y/b/a`, ...frames))[0]).toBe(4400);
  });

  test("comes from a page of elsewhere, where no token is asked for", async () => {
    await using relay = await openRelay();
    const socket = new WebSocket(`${relay.url}/y/b/a`, { origin: "https://example.com" });
    const [error] = (await once(socket, "error")) as [Error];
    expect(error.message).toContain("403");
  });

  test("writes more than a value may have, at once or by and by, or sends a frame of more", async () => {
    const { limits } = createRelayConfig();
    const small = { limits: { ...limits, valueBytesMax: 5000 }, documentBytesMax: 12_000 };
    await using relay = await openRelay(small);
    const url = `${relay.url}/y/b/a`;
    expect((await closeOf(url, step1, step2, update(updateOf("x".repeat(5000)))))[0]).toBe(4413);
    expect((await closeOf(url, step1, step2, update(updateOf("x".repeat(6000)))))[0]).toBe(4413);
    const updates = Array.from({ length: 4 }, () => update(updateOf("x".repeat(4000))));
    const [code, reason] = await closeOf(url, step1, step2, ...updates);
    expect([code, reason]).toEqual([4413, expect.stringContaining("at most 12000")]);
    using ada = new StockClient(relay.url, "b", "a");
    await ada.synced();
    expect(ada.text).toBe("x".repeat(8000));
    ada.type("y".repeat(10_000));
    expect(await ada.stopped()).toBe(4413);
  });

  test("builds on what the relay never had, and may come back to sync", async () => {
    await using relay = await openRelay();
    const doc = new Y.Doc();
    const updates: Uint8Array[] = [];
    doc.on("update", (bytes: Uint8Array) => updates.push(bytes));
    doc.getText("t").insert(0, "a");
    doc.getText("t").insert(1, "b");
    const [code] = await closeOf(`${relay.url}/y/b/a`, step1, step2, update(updates[1] ?? nothing));
    expect(code).toBe(4510);
  });

  test("floods it with awareness, or keeps too much there", async () => {
    await using relay = await openRelay({ awaresPerSecondMax: 100, awareLengthMax: 1000 });
    const url = `${relay.url}/y/b/a`;
    const flood = Array.from({ length: 300 }, (_, clock) => aware([1, clock, `{"x":${clock}}`]));
    expect(await closeOf(url, ...flood)).toEqual([1013, expect.stringContaining("more than 100")]);
    const questions = Array.from({ length: 300 }, () => Uint8Array.of(3));
    expect((await closeOf(url, ...questions))[0]).toBe(1013);
    expect((await closeOf(url, aware([1, 1, `"${"x".repeat(1000)}"`])))[0]).toBe(4413);
  });

  test("has a token that the relay cannot look at in time, and may come back", async () => {
    await using relay = await openRelay({ authenticate: () => new Promise(() => undefined), helloMsMax: 20 });
    expect((await closeOf(`${relay.url}/y/b/a`))[0]).toBe(1013);
  });

  test("sends anything at all: the relay goes on serving the others", async () => {
    await using relay = await openRelay();
    using ada = new StockClient(relay.url, "b", "a");
    ada.type("hello");
    await ada.saved();
    const bytes = fc.uint8Array({ maxLength: 40 });
    const frame = fc.oneof(
      bytes,
      fc
        .tuple(fc.constantFrom([0, 0], [0, 1], [0, 2], [1], [2, 0], [3]), bytes)
        .map(([head, rest]) => messageOf(head, rest)),
      fc.tuple(fc.nat(60), fc.nat(255)).map(([at, byte]) => {
        const changed = update(updateOf("hello world")).slice();
        changed[at % changed.length] = byte;
        return changed;
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 4 }), async (frames) => {
        const text = Buffer.from("bye");
        const [code] = await closeOf(`${relay.url}/y/b/hostile`, step1, step2, ...frames, text.toString());
        expect([4400, 4410, 4413, 4510]).toContain(code);
      }),
      { numRuns: 300 },
    );
    using bob = new StockClient(relay.url, "b", "a");
    await untilEqual([ada, bob], "hello");
    expect(ada.closeCodes).toEqual([]);
  });
});

/** A core with a server of its own, to look into. */
const openCore = async (options: Partial<RelayConfig> = {}) => {
  const errors: unknown[] = [];
  const engine = await openMemoryEngine();
  const onError = (error: unknown): void => void errors.push(error);
  const core = new RelayCore({ engine, config: createRelayConfig(options), now: Date.now, onError });
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  server.on("connection", (socket, { url = "" }) => core.acceptY(socket, url));
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return {
    core,
    errors,
    url: `ws://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      core.terminate();
      server.close();
      await engine.close();
    },
  };
};

describe("what the relay holds for stock clients", () => {
  test("is given back when they go: documents, states, watches", async () => {
    await using bed = await openCore();
    const clients = Array.from(
      { length: 20 },
      (_, index) => new StockClient(bed.url, "b", `doc/${index % 10}`),
    );
    await Promise.all(clients.map((client) => client.synced()));
    for (const client of clients) client.type("hello");
    await Promise.all(clients.map((client) => client.saved()));
    expect(bed.core.held).toMatchObject({ sockets: 20, attended: 10, watched: 10 });
    expect(bed.core.held.presenceLength).toBeGreaterThan(0);
    for (const client of clients) client[Symbol.dispose]();
    await until(
      () => bed.core.held.sockets === 0,
      () => "all were gone",
    );
    expect(bed.core.held).toEqual({ sockets: 0, unsentBytes: 0, attended: 0, presenceLength: 0, watched: 0 });
    expect(bed.errors).toEqual([]);
  });

  test("of presence is bounded, whatever a client says", async () => {
    await using bed = await openCore({
      presenceLengthMax: 5000,
      presentPerSessionMax: 10,
      awaresPerSecondMax: 1e6,
    });
    const hostile = Array.from({ length: 10 }, () => new WebSocket(`${bed.url}/y/b/a`));
    await Promise.all(hostile.map((socket) => once(socket, "open")));
    for (const [index, socket] of hostile.entries()) {
      for (let client = 0; client < 100; client++) {
        socket.send(aware([index * 1000 + client, 1, JSON.stringify("x".repeat(98))]));
      }
    }
    await until(
      () => bed.core.held.presenceLength === 5000,
      () => `it was full: ${bed.core.held.presenceLength}`,
    );
    using ada = new StockClient(bed.url, "b", "a");
    ada.type("edits go on");
    await ada.saved();
    expect(bed.core.held.presenceLength).toBe(5000);
    for (const socket of hostile) socket.terminate();
    await until(
      () => bed.core.held.presenceLength < 100,
      () => "only the stock client's was left",
    );
  });

  test("of a client that does not read is bounded: it is sent what it missed when it does", async () => {
    const sendBuffers = { sendBufferBytes: 10_000, sendBufferBytesMax: 50_000 };
    await using bed = await openCore({ ...sendBuffers, documentBytesMax: 64 * 1024 * 1024 });
    using slow = new StockClient(bed.url, "b", "a");
    using ada = new StockClient(bed.url, "b", "a");
    await Promise.all([slow.saved(), ada.saved()]);
    const { ws } = slow.provider as unknown as { ws: WebSocket };
    ws.pause();
    // More than the system holds for a socket.
    for (let round = 0; round < 8; round++) {
      for (let count = 0; count < 10; count++) ada.type("x".repeat(100_000));
      ada.erase(2 * round, 1_000_000);
      ada.type(`${round},`);
      await ada.saved();
      expect(bed.core.held.unsentBytes).toBeLessThan(1_500_000);
    }
    expect(bed.core.held.unsentBytes).toBeGreaterThan(0);
    ws.resume();
    await untilEqual([slow, ada]);
    expect(slow.text).toBe(Array.from({ length: 8 }, (_, round) => `${round},`).join(""));
    expect(slow.closeCodes).toEqual([]);
  });
});

test("a room of any key is served, tokens come by the query", async () => {
  const prefix = ["bytes", 1n, 2, true] as const;
  const key = packKey([...prefix, Uint8Array.of(0, 255), "", ".", "é/?#"]);
  await using relay = await openGrantingRelay({
    "t&=é": grantTo("ada", { read: [prefix], write: [prefix] }),
  });
  const options = { params: { token: "t&=é" } };
  using ada = new StockClient(relay.url, "b%20c", roomOfKey(key), options);
  ada.type("hello");
  await ada.saved();
  using bob = new StockClient(relay.url, "b%20c", roomOfKey(key), options);
  await untilEqual([ada, bob], "hello");
  expect(encodeAwarenessUpdate(ada.provider.awareness, [])).toEqual(nothing);
});
