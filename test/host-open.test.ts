/**
 * A host that cannot open its bucket leaves nothing behind that would pass for an open tab.
 */
import { type HostApi, type HostOpenOptions, serveHost } from "@rockpool/host";
import { MemoryStorage, openMemoryLog } from "@rockpool/log";
import { KvError } from "@rockpool/model";
import { expect, test } from "vitest";
import { FakeDevice } from "./fake-environment.ts";

const relayed: HostOpenOptions = { bucket: "b", database: "d", durability: "relaxed", relay: "ws://relay" };

test("a bucket that cannot be given its relay is not opened, and its host's lock is free again", async () => {
  const device = new FakeDevice();
  const storage = new MemoryStorage();
  const tab = device.openTab();
  const serve = (): HostApi =>
    serveHost({ environment: tab.environment, openLog: () => openMemoryLog(storage) });
  storage.failNextTransaction(new KvError("quota", "full"), "before");
  expect(await serve().open(relayed, () => {})).toMatchObject({ ok: false, error: { code: "quota" } });
  const { held } = await tab.environment.locks.query();
  expect(held?.map(({ name }) => name)).toEqual([]);
  expect(await serve().open(relayed, () => {})).toMatchObject({ ok: true });
});
