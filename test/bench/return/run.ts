/**
 * A device that comes back with 10,000 pending commits to a relay that is 100,000 changes ahead of it: prints how long it
 * takes to converge, the memory of its worker, and how long the frames are. Started by `npm run bench:return`; `node
 * test/bench/return/run.ts 1000 5000` makes so many commits and changes. Throws when it does not converge.
 */
import { deepStrictEqual } from "node:assert";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openKv } from "rockpool";
import { RelayProcess } from "../../browser/relay-process.ts";
import { FrameMeter } from "../../browser-sync/frame-meter.ts";
import { withBuiltPage } from "../built-page.ts";
import { peakDuring, WorkerMemory } from "../worker-memory.ts";
import type { ReturningDevice } from "./page.ts";

declare global {
  // oxlint-disable-next-line no-var -- how TypeScript declares a member of the global object
  var device: ReturningDevice;
}

const pending = Number(process.argv[2] ?? 10_000);
const changes = Number(process.argv[3] ?? 100_000);
const changesPerCommit = 100;
const valueBytes = 200;
const bucket = "returning";
/** Nobody listens there. */
const unreachable = "ws://127.0.0.1:1";

const folder = await mkdtemp(join(tmpdir(), "rockpool-return-"));
const relay = new RelayProcess(() => join(folder, "relay.sqlite"));
await using cleanup = new AsyncDisposableStack();
cleanup.defer(() => rm(folder, { recursive: true, force: true }));
cleanup.defer(async () => void (await relay.end("SIGKILL")));
await relay.start();
const meter = cleanup.use(await FrameMeter.open(() => relay.url));

await withBuiltPage(new URL(".", import.meta.url), async (openTab, url) => {
  const open = async (relayUrl: string): ReturnType<typeof openTab> => {
    const page = await openTab();
    await page.goto(url);
    await page.evaluate(([name, address]) => device.open(name, address), [bucket, relayUrl] as const);
    return page;
  };
  const known = await open(relay.url);
  await known.evaluate(() => device.untilSynced());
  await known.close();

  const away = await open(unreachable);
  const [, madeMs] = await timed(() => away.evaluate((count) => device.makeCommits(count), pending));
  await away.close();
  const [, filledMs] = await timed(makeChanges);
  print("commits made while away, s", madeMs / 1000);
  print("changes made elsewhere, s", filledMs / 1000);

  const page = await openTab();
  const memory = await WorkerMemory.of(page);
  await page.goto(url);
  await page.evaluate(([name, address]) => device.open(name, address), [bucket, meter.url] as const);
  const work = timed(() => page.evaluate(() => device.untilSynced()));
  const [[, syncedMs], peak] = await peakDuring(() => memory.readUsed(), work, 50);
  print("synced, s", syncedMs / 1000);
  print("worker's heap at most, with garbage, MB", peak);
  print("afterwards, garbage collected, MB", await memory.read());
  for (const [way, { frames, length, longest }] of [
    ["up", meter.up],
    ["down", meter.down],
  ] as const) {
    print(`frames ${way}`, frames);
    print(`all of them, MB`, length / 1e6);
    print(`longest, KB`, longest / 1e3);
  }
  deepStrictEqual(await page.evaluate(() => device.content()), {
    entries: pending + changes + 1,
    count: String(pending),
  });
});

/** Another device, in this process, makes the changes. */
async function makeChanges(): Promise<void> {
  await using kv = await openKv(bucket, { relay: relay.url });
  for (let from = 0; from < changes; from += changesPerCommit) {
    const atomic = kv.atomic();
    for (let n = from; n < Math.min(changes, from + changesPerCommit); n++) {
      atomic.set(["elsewhere", n], `${n} `.padEnd(valueBytes, "x"));
    }
    await atomic.commit();
  }
  await kv.sync.flush();
}

async function timed<T>(work: () => Promise<T>): Promise<readonly [T, number]> {
  const startMs = performance.now();
  return [await work(), performance.now() - startMs];
}

function print(what: string, figure: number): void {
  process.stdout.write(`${what.padEnd(40)}${figure.toFixed(1).padStart(10)}\n`);
}
