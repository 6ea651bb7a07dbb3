/**
 * Code as Deno's documentation of KV writes it; only the import is new. Run by example.test.ts.
 * @see https://docs.deno.com/deploy/kv/
 */
import * as Deno from "@rockpool/deno-kv";

// Open the default database for the script.
const kv = await Deno.openKv();

// Persist an object at the users/alice key.
await kv.set(["users", "alice"], { name: "Alice" });

// Read back this key.
const res = await kv.get(["users", "alice"]);
console.log(res.key); // [ "users", "alice" ]
console.log(res.value); // { name: "Alice" }

// Delete the key.
await kv.delete(["users", "alice"]);

await kv.set(["users", "sam"], { birthday: "February 14, 1985" });
await kv.set(["users", "taylor"], { birthday: "December 25, 1970" });

// Insert a new user only if it does not yet exist.
const key = ["users", "alice"];
const value = { birthday: "January 1, 1990" };
const inserted = await kv
  .atomic()
  .check({ key, versionstamp: null }) // `null` versionstamps mean 'no value'
  .set(key, value)
  .commit();
if (inserted.ok) {
  console.log("User did not yet exist. Inserted!");
} else {
  console.log("User already exists.");
}

// List out all entries with keys starting with `["users"]`.
for await (const entry of kv.list<{ birthday: string }>({ prefix: ["users"] })) {
  console.log(entry.key[1], entry.value.birthday);
}

// Page through them with a cursor.
const iter = kv.list({ prefix: ["users"] }, { limit: 2 });
for await (const { key } of iter) console.log("first page:", key[1]);
const rest = kv.list({ prefix: ["users"] }, { cursor: iter.cursor });
for await (const { key } of rest) console.log("second page:", key[1]);

// Count visits.
await kv.atomic().sum(["visits"], 1n).commit();
await kv
  .atomic()
  .mutate({ type: "sum", key: ["visits"], value: new Deno.KvU64(2n) })
  .commit();
console.log("visits:", (await kv.get<Deno.KvU64>(["visits"])).value?.value);

// Watch a key.
const stream = kv.watch([["news"]]);
for await (const [news] of stream) {
  if (news.versionstamp === null) {
    await kv.set(["news"], "the tide comes in");
  } else {
    console.log("news:", news.value);
    break;
  }
}

// Enqueue a message, together with what it tells of.
const heard = new Promise<void>((resolve) => {
  kv.listenQueue((message) => {
    console.log("message:", message);
    resolve();
  });
});
await kv.atomic().set(["orders", 1], "open").enqueue({ order: 1 }, { delay: 10 }).commit();
await heard;

kv.close();
