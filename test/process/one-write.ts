// A process that writes once and then has nothing else to do, for process-end.test.ts: `relay` is argv[2], if
// there is one.
import { openKv } from "rockpool";

const [, , relay] = process.argv;
const kv = await openKv("one write", relay === undefined ? {} : { relay });
await kv.set(["k"], "written");
process.send?.("written");
// The parent's line is no reason to go on.
process.disconnect();
