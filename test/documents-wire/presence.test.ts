/**
 * Presence between both worlds: sessions of replicas and stock y-websocket clients at one document, what a
 * token lets them see, and what a flood comes to.
 */
import { packKey, type PackedKey } from "@rockpool/model";
import { describe, expect, onTestFinished, test } from "vitest";
import { applyAwarenessUpdate, Awareness, encodeAwarenessUpdate } from "y-protocols/awareness";
import * as Y from "yjs";
import { ReplicaSocket } from "./replica-socket.ts";
import { StockClient, until } from "./stock-client.ts";
import { grantTo, openGrantingRelay, openRelay } from "./wire-bed.ts";

const key = packKey(["notes", "a"]);
const other = packKey(["other"]);

const updateOf = (name: string, client: number, clock = 1): Uint8Array => {
  const awareness = new Awareness(new Y.Doc());
  awareness.clientID = client;
  awareness.states.set(client, { name });
  awareness.meta.set(client, { clock, lastUpdated: 0 });
  const update = encodeAwarenessUpdate(awareness, [client]);
  awareness.destroy();
  return update;
};

/** Those a session was told of at a document, by name. */
const namesAt = ({ messages }: ReplicaSocket, place: PackedKey): readonly unknown[] => {
  const awareness = new Awareness(new Y.Doc());
  onTestFinished(() => awareness.destroy());
  awareness.setLocalState(null);
  for (const message of messages) {
    const isMeant = message.type === "aware" && message.key === place;
    if (isMeant) applyAwarenessUpdate(awareness, message.update, "relay");
  }
  return [...awareness.getStates().values()].map(({ name }) => name as unknown).toSorted();
};

const untilNames = (session: ReplicaSocket, place: PackedKey, names: readonly string[]): Promise<void> =>
  until(
    () => JSON.stringify(namesAt(session, place)) === JSON.stringify(names),
    () => `it saw ${names.join()}, not ${namesAt(session, place).join()}`,
  );

describe("who is present at a document", () => {
  test("is seen by sessions and stock clients alike, until its connection ends or it attends no more", async () => {
    await using relay = await openRelay();
    using device = await ReplicaSocket.open(relay.url, "b", "device");
    const phone = await ReplicaSocket.open(relay.url, "b", "phone");
    using stock = new StockClient(relay.url, "b", "notes/a");
    stock.provider.awareness.setLocalStateField("name", "Stock");
    await stock.synced();
    device.send({ type: "attend", keys: [key] }, { type: "aware", key, update: updateOf("Device", 1) });
    phone.send({ type: "attend", keys: [key, other] }, { type: "aware", key, update: updateOf("Phone", 2) });
    await untilNames(device, key, ["Phone", "Stock"]);
    await untilNames(phone, key, ["Device", "Stock"]);
    await until(
      () => stock.names.join() === "Device,Phone,Stock",
      () => `it saw all: ${stock.names.join()}`,
    );
    phone[Symbol.dispose]();
    await untilNames(device, key, ["Stock"]);
    await until(
      () => stock.names.join() === "Device,Stock",
      () => "the phone was gone",
    );
    device.send({ type: "attend", keys: [other] });
    await until(
      () => stock.names.join() === "Stock",
      () => "the device was gone",
    );
  });

  test("is told again to a session that asks again", async () => {
    await using relay = await openRelay();
    using stock = new StockClient(relay.url, "b", "notes/a");
    stock.provider.awareness.setLocalStateField("name", "Stock");
    using device = await ReplicaSocket.open(relay.url, "b", "device");
    device.send({ type: "attend", keys: [key] });
    await untilNames(device, key, ["Stock"]);
    device.messages.length = 0;
    device.send({ type: "attend", keys: [key] });
    await untilNames(device, key, ["Stock"]);
  });

  test("is neither told nor heard where the token may not read, nor where nobody attends", async () => {
    const grants = { all: grantTo("ada"), some: grantTo("sam", { read: [["other"]] }) };
    await using relay = await openGrantingRelay(grants);
    using ada = await ReplicaSocket.open(relay.url, "b", "ada", "all");
    using sam = await ReplicaSocket.open(relay.url, "b", "sam", "some");
    ada.send({ type: "attend", keys: [key, other] });
    for (const place of [key, other]) ada.send({ type: "aware", key: place, update: updateOf("Ada", 1) });
    await ada.heard();
    sam.send({ type: "aware", key: other, update: updateOf("Early", 3) });
    sam.send({ type: "attend", keys: [key, other] });
    for (const place of [key, other]) sam.send({ type: "aware", key: place, update: updateOf("Sam", 2) });
    await untilNames(sam, other, ["Ada"]);
    await untilNames(ada, other, ["Sam"]);
    await Promise.all([ada.heard(), sam.heard()]);
    expect([namesAt(ada, key), namesAt(sam, key)]).toEqual([[], []]);
  });
});

describe("a session that says too much", () => {
  test("is not heard beyond its rate, and closed when it goes on", async () => {
    let nowMs = Date.now();
    await using relay = await openRelay({ awaresPerSecondMax: 10, now: () => nowMs });
    using ada = await ReplicaSocket.open(relay.url, "b", "ada");
    using bob = await ReplicaSocket.open(relay.url, "b", "bob");
    for (const session of [ada, bob]) session.send({ type: "attend", keys: [key] });
    await bob.heard();
    for (let clock = 1; clock <= 50; clock++) {
      ada.send({ type: "aware", key, update: updateOf(`at ${clock}`, 1, clock) });
    }
    await untilNames(bob, key, ["at 10"]);
    nowMs += 1000;
    ada.send({ type: "aware", key, update: updateOf("later", 1, 99) });
    await untilNames(bob, key, ["later"]);
    for (let clock = 100; clock < 250; clock++) {
      ada.send({ type: "aware", key, update: updateOf("x", 1, clock) });
    }
    await until(
      () => ada.closeCode === 1013,
      () => "it was closed",
    );
    expect(ada.messages.at(-1)).toMatchObject({ type: "error", code: "busy" });
    await untilNames(bob, key, []);
  });

  test("at once, or of too many documents, is closed; what is no awareness is dropped", async () => {
    await using relay = await openRelay();
    using large = await ReplicaSocket.open(relay.url, "b", "large");
    large.send({ type: "attend", keys: [key] }, { type: "aware", key, update: Uint8Array.of(1, 2, 3) });
    await large.heard();
    large.send({ type: "aware", key, update: new Uint8Array(64 * 1024 + 1) });
    await until(
      () => large.closeCode === 4413,
      () => "it was closed",
    );
    using many = await ReplicaSocket.open(relay.url, "b", "many");
    many.send({ type: "attend", keys: Array.from({ length: 1001 }, (_, index) => packKey([index])) });
    await until(
      () => many.closeCode === 4413,
      () => "it was closed",
    );
    using often = await ReplicaSocket.open(relay.url, "b", "often");
    for (let count = 0; count < 300; count++) often.send({ type: "attend", keys: [key] });
    await until(
      () => often.closeCode === 1013,
      () => "it was closed",
    );
  });
});
