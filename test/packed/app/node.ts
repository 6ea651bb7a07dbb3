// A program in Node: a bucket in memory, one that a relay in the same process keeps, and one in a folder.
// Prints what it read.
import { openMemoryEngine, startRelay } from "@rockpool/relay";
import { openKv } from "rockpool";

const kv = await openKv("in memory");
await kv.set(["greeting"], "hello");
const again = await openKv("in memory");
process.stdout.write(`${(await again.get<string>(["greeting"])).value}\n`);
again.close();
kv.close();

await using relay = await startRelay({ port: 0, engine: await openMemoryEngine() });
const synced = await openKv("synced", { relay: relay.url });
const { versionstamp } = await synced.set(["greeting"], "hello");
process.stdout.write(`${(await synced.sync.settled(versionstamp)).type}\n`);
synced.close();

const counted = await openKv("counted", { folder: new URL("data/", import.meta.url) });
const runs = ((await counted.get<number>(["runs"])).value ?? 0) + 1;
await counted.set(["runs"], runs);
process.stdout.write(`${runs} ${runs === 1 ? "run" : "runs"}\n`);
counted.close();
