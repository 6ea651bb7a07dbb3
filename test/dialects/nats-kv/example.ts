/**
 * The example of the README of `@nats-io/kv`, as it stands there: only the import line is another, and
 * what it prints is gathered. Run by example.test.ts.
 */
import { connect, Kvm } from "@rockpool/nats-kv";

/** Lines that the example prints. */
export const runExample = async (log: (line: string) => void): Promise<void> => {
  const nc = await connect({ servers: "demo.nats.io" });

  // create the named KV or bind to it if it exists:
  const kvm = new Kvm(nc);
  const kv = await kvm.create("testing", { history: 5 });
  // if the kv is expected to exist:
  // const kv = await kvm.open("testing");

  // create an entry - this is similar to a put, but will fail if the
  // key exists
  const hw = await kv.create("hello.world", "hi");
  log(`created with revision ${hw}`);

  // you can monitor values modification in a KV by watching.
  // You can watch specific key subset or everything.
  // Watches start with the latest value for each key in the
  // set of keys being watched - in this case all keys
  const watch = await kv.watch();
  const watching = (async () => {
    for await (const e of watch) {
      // do something with the change
      log(`watch: ${e.key}: ${e.operation} ${e.value ? e.string() : ""}`);
      if (e.operation === "PURGE") break;
    }
  })();

  // update the entry
  await kv.put("hello.world", "world");
  // retrieve the KvEntry storing the value
  // returns null if the value is not found
  const e = await kv.get("hello.world");
  // initial value of "hi" was overwritten above
  log(`value for get ${e?.string()}`);

  const buf: string[] = [];
  const keys = await kv.keys();
  await (async () => {
    for await (const k of keys) {
      buf.push(k);
    }
  })();
  log(`keys contains hello.world: ${buf[0] === "hello.world"}`);

  const h = await kv.history({ key: "hello.world" });
  await (async () => {
    for await (const e of h) {
      // do something with the historical value
      // you can test e.operation for "PUT", "DEL", or "PURGE"
      // to know if the entry is a marker for a value set
      // or for a deletion or purge.
      log(`history: ${e.key}: ${e.operation} ${e.value ? e.string() : ""}`);
    }
  })();

  // deletes the key - the delete is recorded
  await kv.delete("hello.world");

  // purge is like delete, but all history values
  // are dropped and only the purge remains.
  await kv.purge("hello.world");

  // the watch operation above
  await watching;
  watch.stop();

  // danger: destroys all values in the KV!
  await kv.destroy();
  await nc.close();
};
