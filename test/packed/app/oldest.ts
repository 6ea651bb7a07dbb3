/**
 * The page for the oldest browsers that are supported: it uses the store as widely as a page can
 * that has nothing newer than they have, and shows what came of it as its title.
 */
import { openKv } from "rockpool";

const run = async (): Promise<string> => {
  const kv = await openKv("oldest", { relay: "ws://127.0.0.1:9" });
  await kv.set(["rich"], new Map([["when", new Date(0)]]));
  const rich = await kv.get<Map<string, Date>>(["rich"]);
  const committed = await kv
    .atomic()
    .check(rich)
    .sum(["count"], 2n)
    .set(["bytes"], new Uint8Array(3))
    .commit();
  const keys: string[] = [];
  for await (const { key } of kv.list({ prefix: [] })) keys.push(key.join("/"));
  const watched = kv.watch([["rich"]]).getReader();
  const { value } = await watched.read();
  await watched.cancel();
  kv.close();
  const refused: unknown = await kv.get(["rich"]).catch((error: unknown) => error);
  const when = rich.value?.get("when")?.getTime();
  return [when, committed.ok, keys.join(" "), value?.length, (refused as { code: string }).code].join(", ");
};

run().then(
  (done) => {
    document.title = done;
  },
  (error: unknown) => {
    document.title = String(error);
  },
);
