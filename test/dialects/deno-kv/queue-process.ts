/**
 * A process that listens to a queue, is given a message, and never answers for it: started and killed by
 * queue-restart.test.ts.
 */
import { openKv } from "@rockpool/deno-kv";

const [folder = ""] = process.argv.slice(2);
const kv = await openKv("queue", { folder, queueLeaseMs: 300 });
await kv.atomic().set(["sent"], true).enqueue("survives").enqueue("later", { delay: 1000 }).commit();
await kv.listenQueue((value) => {
  process.stdout.write(`${String(value)}\n`);
  return new Promise(() => {});
});
