/**
 * Stock y-websocket clients at the relay: they edit one document together, see each other, go and come back,
 * and are told in y-websocket's own words what they may not do.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { packKey } from "@rockpool/model";
import { openMemoryEngine, startRelay } from "@rockpool/relay";
import { describe, expect, test } from "vitest";
import * as Y from "yjs";
import { StockClient, until, untilEqual } from "./stock-client.ts";
import { grantTo, holdRulings, openGrantingRelay, openRelay, pushCommit } from "./wire-bed.ts";

const room = "notes/a%20b";
const key = packKey(["notes", "a b"]);

describe("stock clients of one document", () => {
  test("edit it together, and find it again when nobody was there", async () => {
    await using relay = await openRelay();
    {
      using ada = new StockClient(relay.url, "b", room);
      using bob = new StockClient(relay.url, "b", room);
      await Promise.all([ada.synced(), bob.synced()]);
      ada.type("hello");
      await untilEqual([ada, bob], "hello");
      bob.type(" world");
      ada.erase(0, 1);
      ada.type("H", 0);
      await untilEqual([ada, bob], "Hello world");
      await Promise.all([ada.saved(), bob.saved()]);
    }
    using eve = new StockClient(relay.url, "b", room);
    using other = new StockClient(relay.url, "b", "notes/other");
    await Promise.all([eve.synced(), other.synced()]);
    expect([eve.text, other.text]).toEqual(["Hello world", ""]);
    expect(eve.closeCodes).toEqual([]);
  });

  test("bring back what they wrote while they were away, and what they write while they come", async () => {
    await using relay = await openRelay();
    using ada = new StockClient(relay.url, "b", room);
    using bob = new StockClient(relay.url, "b", room);
    ada.type("one ");
    await untilEqual([ada, bob], "one ");
    ada.provider.disconnect();
    ada.type("two ");
    bob.type("three ", 0);
    await bob.saved();
    ada.provider.connect();
    // While it connects and syncs: these go out before the relay could ask for what it lacks.
    for (let count = 0; count < 50; count++) {
      ada.type(".");
      await sleep(1);
    }
    await ada.saved();
    await untilEqual([ada, bob]);
    expect(bob.text).toContain("three ");
    expect(bob.text).toContain(`two ${".".repeat(50)}`);
    expect([...ada.closeCodes, ...bob.closeCodes].filter((code) => code !== 0)).toEqual([]);
  });

  test("ask again every while, and are answered", async () => {
    await using relay = await openRelay();
    using ada = new StockClient(relay.url, "b", room, { resyncInterval: 10 });
    await ada.synced();
    let answers = 0;
    const readSync = ada.provider.messageHandlers[0];
    ada.provider.messageHandlers[0] = (...parameters) => {
      answers++;
      readSync?.(...parameters);
    };
    ada.type("x");
    await until(
      () => answers > 5,
      () => "it was answered",
    );
    await pushCommit(relay.url, "b", [
      { type: "set", key: packKey(["k"]), value: { encoding: "json", data: "1" } },
    ]);
    expect(ada.closeCodes).toEqual([]);
  });

  test("see each other, until one leaves", async () => {
    await using relay = await openRelay();
    using ada = new StockClient(relay.url, "b", room);
    const bob = new StockClient(relay.url, "b", room);
    ada.provider.awareness.setLocalStateField("name", "Ada");
    bob.provider.awareness.setLocalStateField("name", "Bob");
    for (const client of [ada, bob]) {
      await until(
        () => client.names.join() === "Ada,Bob",
        () => `it saw both, not ${String(client.names)}`,
      );
    }
    using eve = new StockClient(relay.url, "b", room);
    await until(
      () => eve.names.includes("Ada") && eve.names.includes("Bob"),
      () => "a newcomer saw both",
    );
    bob.provider.ws?.close();
    bob[Symbol.dispose]();
    await until(
      () => !ada.names.includes("Bob"),
      () => "the one who left was gone",
    );
  });

  test("leave nothing behind at the relay when they bring what it has", async () => {
    await using relay = await openRelay();
    using ada = new StockClient(relay.url, "b", room);
    await ada.synced();
    for (let count = 0; count < 300; count++) ada.type(`word ${count} `);
    ada.erase(3, 100);
    await ada.saved();
    const before = await headOf(relay.url);
    const doc = new Y.Doc();
    using bob = new StockClient(relay.url, "b", room, { doc });
    await bob.saved();
    // As a local cache does when it has loaded late.
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(ada.doc), "cache");
    bob.provider.disconnect();
    bob.provider.connect();
    await bob.saved();
    expect((await headOf(relay.url)) - before).toBe(1);
  });
});

/** The revision after the last one, which it takes for itself. */
const headOf = async (url: string): Promise<number> => (await pushCommit(url, "b", [])).revision;

describe("an update", () => {
  test("is on disk before anybody hears of it", async () => {
    const engine = await openMemoryEngine();
    await using relay = await startRelay({ engine, port: 0 });
    using ada = new StockClient(relay.url, "b", room);
    using bob = new StockClient(relay.url, "b", room);
    await Promise.all([ada.saved(), bob.saved()]);
    const release = holdRulings(engine);
    ada.type("secret");
    let isSaved = false;
    const saved = ada.saved().then(() => (isSaved = true));
    await bob.saved();
    expect([isSaved, bob.text]).toEqual([false, ""]);
    release();
    await saved;
    await untilEqual([ada, bob], "secret");
  });
});

describe("a connection", () => {
  test("hears something every while, or y-websocket would drop it", async () => {
    await using relay = await openRelay({ pingMs: 30 });
    using ada = new StockClient(relay.url, "b", room);
    await ada.saved();
    let signs = 0;
    ada.provider.messageHandlers[1] = () => void signs++;
    await until(
      () => signs > 2,
      () => "it heard of nobody three times",
    );
    expect(ada.closeCodes).toEqual([]);
  });

  test("ends when the storage fails, also of a client that says nothing, and comes back", async () => {
    const engine = await openMemoryEngine();
    const { rule } = engine;
    const errors: unknown[] = [];
    await using relay = await startRelay({ engine, port: 0, onError: (error) => errors.push(error) });
    using ada = new StockClient(relay.url, "b", room);
    using bob = new StockClient(relay.url, "b", room);
    await Promise.all([ada.saved(), bob.saved()]);
    engine.rule = () => Promise.reject(new Error("disk on fire"));
    ada.type("kept");
    for (const client of [ada, bob]) {
      await until(
        () => client.closeCodes.includes(1011),
        () => `it was told, not ${String(client.closeCodes)}`,
      );
    }
    engine.rule = rule.bind(engine);
    await ada.saved();
    await untilEqual([ada, bob], "kept");
    expect(String(errors)).toContain("disk on fire");
  });

  test("is told that all is saved only when what it sent before it was asked is, too", async () => {
    await using relay = await openRelay();
    const socket = new WebSocket(`${relay.url}/y/b/a`);
    const kinds: string[] = [];
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }) => {
      const [message, kind] = new Uint8Array(data as ArrayBuffer);
      if (message === 0) kinds.push(`step ${(kind ?? 0) + 1}`);
    });
    await new Promise((resolve) => socket.addEventListener("open", resolve));
    const empty = Uint8Array.of(0);
    const [step1, step2] = [Uint8Array.of(0, 0, 1, ...empty), Uint8Array.of(0, 1, 2, 0, 0)];
    const doc = new Y.Doc();
    doc.getText("t").insert(0, "a");
    const update = Y.encodeStateAsUpdate(doc);
    socket.send(step1);
    // As a provider does that is typed into before the relay has asked what it lacks.
    socket.send(Uint8Array.of(0, 2, update.length, ...update));
    socket.send(step1);
    using ada = new StockClient(relay.url, "b", "a");
    for (let count = 0; count < 3; count++) await ada.saved();
    // The marker of the document, the answer, and the question.
    expect(kinds).toEqual(["step 3", "step 2", "step 1"]);
    socket.send(step2);
    await until(
      () => kinds.length === 5,
      () => `it was answered: ${kinds.join()}`,
    );
    expect(kinds.slice(3)).toEqual(["step 3", "step 2"]);
    socket.close();
  });
});

describe("tokens and rights", () => {
  const grants = {
    all: grantTo("ada"),
    reader: grantTo("rita", { write: [] }),
    other: grantTo("olga", { read: [["other"]], write: [["other"]] }),
    child: grantTo("carl", { read: [["notes", "a b", "child"]] }),
  };

  test("a token that does not hold stops the client, and so does none", async () => {
    await using relay = await openGrantingRelay(grants);
    using wrong = new StockClient(relay.url, "b", room, { params: { token: "wrong" } });
    using none = new StockClient(relay.url, "b", room);
    expect(await wrong.stopped()).toBe(4401);
    expect(wrong.closed?.reason).toBe("nobody is called wrong");
    expect(await none.stopped()).toBe(4401);
    wrong.provider.params = { token: "all" };
    wrong.provider.connect();
    await wrong.synced();
  });

  test("a token that expires stops the client, which goes on with another one", async () => {
    const expiring = { ...grants, short: grantTo("ada", { expiresAt: Date.now() + 700 }) };
    await using relay = await openGrantingRelay(expiring);
    using ada = new StockClient(relay.url, "b", room, { params: { token: "short" } });
    await ada.synced();
    expect(await ada.stopped()).toBe(4401);
    ada.type("late");
    ada.provider.params = { token: "all" };
    ada.provider.connect();
    await ada.saved();
    using bob = new StockClient(relay.url, "b", room, { params: { token: "all" } });
    await untilEqual([ada, bob], "late");
  });

  test("who may not read the document is refused, also where a key below it may be read", async () => {
    await using relay = await openGrantingRelay(grants);
    for (const token of ["other", "child"]) {
      using client = new StockClient(relay.url, "b", room, { params: { token } });
      expect(await client.stopped()).toBe(4403);
    }
  });

  test("who may only read sees everything, and is told once that nothing it writes is taken", async () => {
    await using relay = await openGrantingRelay(grants);
    using ada = new StockClient(relay.url, "b", room, { params: { token: "all" } });
    using rita = new StockClient(relay.url, "b", room, { params: { token: "reader" } });
    ada.type("hello");
    await untilEqual([ada, rita], "hello");
    await rita.saved();
    expect(rita.denials).toEqual([]);
    rita.type("!");
    rita.type("!");
    await rita.saved();
    expect(rita.denials).toEqual([expect.stringContaining("permission denied")]);
    ada.type(" world");
    await until(
      () => rita.text.includes(" world"),
      () => "the reader went on reading",
    );
    await ada.saved();
    expect(ada.text).toBe("hello world");
    expect(rita.closeCodes).toEqual([]);
  });

  test("a subject has so many sessions, of both kinds together", async () => {
    await using relay = await openGrantingRelay(grants, { sessionsPerSubjectMax: 1 });
    using ada = new StockClient(relay.url, "b", room, { params: { token: "all" } });
    await ada.synced();
    using next = new StockClient(relay.url, "b", room, { params: { token: "all" } });
    await until(
      () => next.closeCodes.includes(1013),
      () => "it was told to come later",
    );
    ada[Symbol.dispose]();
    await next.synced();
  });

  test("rights that are withdrawn end the connection, and it comes back with those that are left", async () => {
    const mutable: Record<string, ReturnType<typeof grantTo>> = { ...grants };
    await using relay = await openGrantingRelay(mutable);
    using ada = new StockClient(relay.url, "b", room, { params: { token: "all" } });
    await ada.synced();
    mutable["all"] = grantTo("ada", { write: [] });
    await relay.recheck("ada");
    await until(
      () => ada.closeCodes.includes(4509),
      () => "it was told",
    );
    await ada.synced();
    ada.type("x");
    await until(
      () => ada.denials.length > 0,
      () => "it was denied",
    );
    mutable["all"] = grantTo("ada", { read: [] });
    await relay.recheck();
    expect(await ada.stopped()).toBe(4403);
  });
});

describe("a document that ends", () => {
  const remove = { type: "delete", key } as const;

  test("while a client is there stops it", async () => {
    await using relay = await openRelay();
    using ada = new StockClient(relay.url, "b", room);
    ada.type("old");
    await ada.saved();
    await pushCommit(relay.url, "b", [remove]);
    expect(await ada.stopped()).toBe(4410);
    using bob = new StockClient(relay.url, "b", room);
    await bob.synced();
    expect(bob.text).toBe("");
  });

  test("while a client is away does not come back with it, nor into its successor", async () => {
    await using relay = await openRelay();
    using ada = new StockClient(relay.url, "b", room);
    ada.type("old");
    await ada.saved();
    // A copy of the document, as another browser's cache keeps it.
    using copy = new StockClient(relay.url, "b", room);
    await untilEqual([ada, copy], "old");
    for (const client of [ada, copy]) client.provider.disconnect();
    ada.type(" and edited");
    await pushCommit(relay.url, "b", [remove]);
    ada.provider.connect();
    expect(await ada.stopped()).toBe(4410);
    using bob = new StockClient(relay.url, "b", room);
    bob.type("new");
    await bob.saved();
    copy.provider.connect();
    expect(await copy.stopped()).toBe(4410);
    // Loaded from a cache once it is connected, and sent as an update.
    const doc = new Y.Doc();
    using cached = new StockClient(relay.url, "b", room, { doc });
    await untilEqual([bob, cached], "new");
    await cached.saved();
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(ada.doc), "cache");
    expect(await cached.stopped()).toBe(4410);
    using eve = new StockClient(relay.url, "b", room);
    await eve.synced();
    expect([bob.text, eve.text]).toEqual(["new", "new"]);
  });

  test("and a copy of it may go into another document", async () => {
    await using relay = await openRelay();
    using ada = new StockClient(relay.url, "b", room);
    ada.type("template");
    await ada.saved();
    const doc = new Y.Doc();
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(ada.doc));
    using copy = new StockClient(relay.url, "b", "notes/copy", { doc });
    await copy.saved();
    using bob = new StockClient(relay.url, "b", "notes/copy");
    await untilEqual([copy, bob], "template");
    expect([...copy.closeCodes, ...bob.closeCodes]).toEqual([]);
  });

  test("and a replica may bring a copy of it into its successor, which stock clients edit as any other", async () => {
    await using relay = await openRelay();
    using ada = new StockClient(relay.url, "b", room);
    ada.type("old");
    await ada.saved();
    await pushCommit(relay.url, "b", [{ type: "delete", key }]);
    expect(await ada.stopped()).toBe(4410);
    const update = Y.encodeStateAsUpdate(ada.doc);
    const { ruling } = await pushCommit(relay.url, "b", [{ type: "merge", key, update, incarnation: null }]);
    expect(ruling).toEqual({ type: "accepted", superseded: [] });
    using bob = new StockClient(relay.url, "b", room);
    await untilEqual([bob], "old");
    bob.type("er");
    await bob.saved();
    bob.provider.disconnect();
    bob.provider.connect();
    await bob.saved();
    expect([bob.text, bob.closed]).toEqual(["older", undefined]);
  });

  test("and one that was away for longer than deletions are kept begins anew", async () => {
    let nowMs = Date.now();
    const hourMs = 3_600_000;
    await using relay = await openRelay({ now: () => nowMs, retentionMs: 10 * hourMs });
    using ada = new StockClient(relay.url, "b", room);
    ada.type("old");
    await ada.saved();
    ada.provider.disconnect();
    nowMs += 9 * hourMs;
    ada.provider.connect();
    await ada.saved();
    ada.provider.disconnect();
    nowMs += 9 * hourMs;
    ada.provider.connect();
    await ada.saved();
    ada.provider.disconnect();
    nowMs += 11 * hourMs;
    ada.provider.connect();
    expect(await ada.stopped()).toBe(4410);
  });

  test("a value that is no document is none to a client", async () => {
    await using relay = await openRelay();
    await pushCommit(relay.url, "b", [{ type: "set", key, value: { encoding: "json", data: "1" } }]);
    using ada = new StockClient(relay.url, "b", room);
    expect(await ada.stopped()).toBe(4409);
  });
});
