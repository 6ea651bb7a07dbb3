/**
 * A device that comes back after long, with many commits of its own to a relay that is far ahead: it converges, and
 * neither side sends what it has in one piece. `npm run bench:return` measures the same with more of everything.
 */
import { openKv } from "rockpool";
import { afterAll, expect, test } from "vitest";
import { expectAccounted } from "./account.ts";
import { FrameMeter } from "./frame-meter.ts";
import { SyncBed } from "./sync-bed.ts";

/** More than a catch-up takes: the device fills anew. */
const changes = 25_000;
const changesPerCommit = 500;
const commits = 1000;
const largeValues = 50;
const large = "x".repeat(100_000);
/** What is pushed at once, and what comes in one part, with what JSON adds to it. */
const upLengthMax = 3 * 1024 * 1024;
const downLengthMax = 1024 * 1024;
/** Nobody listens there. */
const unreachable = "ws://127.0.0.1:1";

const bed = await SyncBed.open();
const meter = await FrameMeter.open(() => bed.relay.url);
afterAll(async () => {
  await meter[Symbol.asyncDispose]();
  await bed.close();
});

test("a device long away converges, in frames of bounded length", async () => {
  const device = await bed.launch("device");
  const known = await device.openTab();
  expect(await known.call("set", ["known"], 1)).toMatchObject({ type: "confirmed" });
  await known.close({ asking: false });
  const away = await device.openTab({ relay: unreachable });
  await away.call("write", "away", { inFlight: 100, commitsMax: commits });
  await away.call("done");
  for (let n = 0; n < largeValues; n++) await away.call("setHere", ["large", n], large);
  await away.close({ asking: false });
  {
    await using kv = await openKv(bed.bucket, { relay: bed.relay.url });
    for (let from = 0; from < changes; from += changesPerCommit) {
      const atomic = kv.atomic();
      for (let n = from; n < from + changesPerCommit; n++) atomic.set(["far", n], `made elsewhere, ${n}`);
      await atomic.commit();
    }
    await kv.sync.flush();
  }

  const back = await device.openTab({ relay: meter.url });
  // Asked for while they are pending: of what was confirmed a device remembers the last few MB.
  await back.call("follow", device.journal.unsettled);
  const account = await expectAccounted(bed, [device]);
  expect(account.confirmed + account.rejected + account.refused).toBe(commits);
  expect(Object.keys(bed.relayContent.entries).length).toBeGreaterThan(changes + largeValues);
  expect([meter.up.longest < upLengthMax, meter.down.longest < downLengthMax]).toEqual([true, true]);
  expect(meter.up.length).toBeGreaterThan(upLengthMax);
  expect(meter.down.length).toBeGreaterThan(downLengthMax);
});
