/**
 * A host that cannot open its bucket leaves nothing behind that would pass for an open tab.
 */
import { type HostApi, type HostOpenOptions, serveHost } from "@rockpool/host";
import { MemoryStorage, openMemoryLog } from "@rockpool/log";
import { packKey } from "@rockpool/model";
import { expect, test } from "vitest";
import { FakeDevice } from "./fake-environment.ts";

const local: HostOpenOptions = { bucket: "b", database: "d", durability: "relaxed" };
const relayed: HostOpenOptions = { ...local, relay: "ws://relay" };

test("a bucket with entries of its own is refused to a relay, and its host's lock is free again", async () => {
  const device = new FakeDevice();
  const storage = new MemoryStorage();
  const tab = device.openTab();
  const serve = (): HostApi =>
    serveHost({ environment: tab.environment, openLog: () => openMemoryLog(storage) });
  const first = serve();
  expect(await first.open(local, () => {})).toMatchObject({ ok: true });
  const value = { encoding: "json", data: "1" } as const;
  await first.batch([
    { type: "commit", checks: [], mutations: [{ type: "set", key: packKey(["k"]), value }] },
  ]);
  await first.close();
  expect(await serve().open(relayed, () => {})).toMatchObject({ ok: false, error: { code: "unsupported" } });
  const { held } = await tab.environment.locks.query();
  expect(held?.map(({ name }) => name)).toEqual([]);
});
