/**
 * Whose a bucket is: each user of a device has a copy of their own, and signing out deletes nothing that
 * is not safe at the relay unless the app says so.
 */
import { openMemoryEngine, type Relay, startRelay } from "@rockpool/relay";
import { destroyBucket, type Kv, listBuckets, openKv, type OpenOptions } from "rockpool";
import { afterAll, beforeAll, expect, test } from "vitest";

let relay: Relay;
beforeAll(async () => {
  relay = await startRelay({ port: 0, engine: await openMemoryEngine() });
});
afterAll(() => relay.close());

let names = 0;
const freshName = (): string => `sign-out-${names++}`;

/** A tab of ada's; those of one name are tabs of one device. */
const openTab = (name: string, options: OpenOptions = {}): Promise<Kv> =>
  openKv(name, { relay: relay.url, user: "ada", ...options });

/** A bucket with one commit that the relay has never heard of. */
const openUnsynced = async (name: string): Promise<Kv> => {
  const kv = await openTab(name);
  await kv.sync.pause();
  await kv.set(["k"], "mine");
  return kv;
};

const users = async (name: string): Promise<readonly boolean[]> =>
  Promise.all(["ada", "bob"].map(async (user) => (await listBuckets({ user })).includes(name)));

/** How a tab's bucket ended, though the tab did not close it. */
const endOf = (kv: Kv): Promise<string> =>
  new Promise((resolve) => kv.sync.addEventListener("ended", ({ detail }) => resolve(detail.code)));

test("each user has a copy of their own, and buckets that are nobody's are apart", async () => {
  const name = freshName();
  await using ada = await openKv(name, { user: "ada" });
  await using bob = await openKv(name, { user: "bob" });
  await using nobody = await openKv(name);
  await ada.set(["whose"], "ada's");
  await bob.set(["whose"], "bob's");
  expect((await ada.get(["whose"])).value).toBe("ada's");
  expect((await bob.get(["whose"])).value).toBe("bob's");
  expect((await nobody.get(["whose"])).value).toBe(null);
  expect([await users(name), await listBuckets()]).toEqual([[true, true], expect.arrayContaining([name])]);
  expect((await listBuckets()).filter((one) => one.includes("user"))).toEqual([]);
  await destroyBucket(name, { user: "bob" });
  expect([await users(name), await listBuckets()]).toEqual([[true, false], expect.arrayContaining([name])]);
  expect((await ada.get(["whose"])).value).toBe("ada's");
});

test.each(["", "\ud800", "x".repeat(201), 7 as never])("a user cannot be called %j", async (user) => {
  await expect(openKv(freshName(), { user })).rejects.toThrow(TypeError);
  await expect(listBuckets({ user })).rejects.toThrow(TypeError);
});

test("names of users and buckets with colons in them are not taken for each other", async () => {
  const [plain, odd] = [freshName(), freshName()];
  await using one = await openKv(`b:${plain}`, { user: "a" });
  await using other = await openKv(plain, { user: "a:b" });
  await using third = await openKv(odd, { user: ":user:é/%3A" });
  await one.set(["k"], 1);
  expect((await other.get(["k"])).value).toBe(null);
  expect(await listBuckets({ user: "a:b" })).toContain(plain);
  expect(await listBuckets({ user: "a" })).toEqual([`b:${plain}`]);
  expect(await listBuckets({ user: ":user:é/%3A" })).toEqual([odd]);
  await third.set(["k"], 1);
});

test("signing out with everything synced deletes the device's copy, in all tabs", async () => {
  const name = freshName();
  const [kv, other] = [await openTab(name), await openTab(name)];
  const ended = endOf(other);
  const { versionstamp } = await kv.set(["k"], "mine");
  await kv.sync.settled(versionstamp);
  expect(await kv.sync.signOut()).toEqual({ ok: true });
  expect(await ended).toBe("closed");
  await expect(kv.get(["k"])).rejects.toMatchObject({ code: "closed" });
  await expect(other.get(["k"])).rejects.toMatchObject({ code: "closed" });
  expect(await users(name)).toEqual([false, false]);
  // It comes back from the relay.
  await using again = await openTab(name);
  await again.sync.flush();
  expect((await again.get(["k"])).value).toBe("mine");
});

test("signing out without an answer tells what is not synced, and leaves everything as it is", async () => {
  const name = freshName();
  await using kv = await openUnsynced(name);
  await using other = await openTab(name);
  const before = Date.now();
  expect(await kv.sync.signOut()).toEqual({
    ok: false,
    unsynced: { pending: 1, oldestPendingMs: expect.closeTo(before, -5), rejected: 0 },
  });
  expect((await kv.get(["k"])).value).toBe("mine");
  expect((await other.get(["k"])).value).toBe("mine");
  await expect(kv.sync.signOut({ unsynced: "lose" as never })).rejects.toThrow(TypeError);
});

test("what was set in the same turn counts as not synced, and is not deleted", async () => {
  const name = freshName();
  await using kv = await openTab(name);
  await kv.sync.flush();
  await kv.sync.pause();
  const setting = kv.set(["k"], "mine");
  expect(await kv.sync.signOut()).toMatchObject({ ok: false, unsynced: { pending: 1 } });
  await setting;
  expect((await kv.get(["k"])).value).toBe("mine");
});

test("signing out with drain has everything ruled first", async () => {
  const name = freshName();
  const kv = await openUnsynced(name);
  await expect(kv.sync.signOut({ unsynced: "drain" })).rejects.toMatchObject({ code: "offline" });
  await kv.sync.resume();
  expect(await kv.sync.signOut({ unsynced: "drain" })).toEqual({ ok: true });
  expect(await users(name)).toEqual([false, false]);
  await using again = await openTab(name);
  await again.sync.flush();
  expect((await again.get(["k"])).value).toBe("mine");
});

test("signing out with drain deletes no rejected commit", async () => {
  const name = freshName();
  await using kv = await openUnsynced(name);
  await kv.sync.resume();
  await kv.sync.flush();
  await kv.sync.pause();
  await kv
    .atomic()
    .check(await kv.get(["k"]))
    .set(["k"], "mine again")
    .commit();
  await using other = await openTab(name, { user: "bob" });
  await other.sync.flush();
  const { versionstamp } = await other.set(["k"], "bob's");
  await other.sync.settled(versionstamp);
  await kv.sync.resume();
  const unsynced = { pending: 0, oldestPendingMs: null, rejected: 1 };
  expect(await kv.sync.signOut({ unsynced: "drain" })).toEqual({ ok: false, unsynced });
  expect(await kv.sync.rejected()).toHaveLength(1);
});

test("a drain that cannot end ends with its signal, and nothing is deleted", async () => {
  const name = freshName();
  await using kv = await openTab(name, { relay: "ws://127.0.0.1:9/" });
  await kv.set(["k"], "mine");
  const reason = new Error("waited long enough");
  const signal = AbortSignal.abort(reason);
  await expect(kv.sync.signOut({ unsynced: "drain", signal })).rejects.toBe(reason);
  expect((await kv.get(["k"])).value).toBe("mine");
});

test("signing out with keep closes every tab, and the user finds everything again", async () => {
  const name = freshName();
  const [kv, other] = [await openUnsynced(name), await openTab(name)];
  const ended = endOf(other);
  expect(await kv.sync.signOut({ unsynced: "keep" })).toEqual({ ok: true });
  expect(await ended).toBe("closed");
  await expect(kv.get(["k"])).rejects.toMatchObject({ code: "closed" });
  await using bob = await openTab(name, { user: "bob" });
  expect((await bob.get(["k"])).value).toBe(null);
  await using again = await openTab(name);
  expect((await again.get(["k"])).value).toBe("mine");
  expect(again.sync.status.pending).toBe(1);
});

test("signing out with discard deletes what is not synced", async () => {
  const name = freshName();
  const kv = await openUnsynced(name);
  expect(await kv.sync.signOut({ unsynced: "discard" })).toEqual({ ok: true });
  await using again = await openTab(name);
  await again.sync.flush();
  expect((await again.get(["k"])).value).toBe(null);
});

test("a bucket without a relay is deleted only when the app says so", async () => {
  const name = freshName();
  await using kv = await openKv(name, { user: "ada" });
  await kv.set(["k"], "mine");
  await expect(kv.sync.signOut()).rejects.toMatchObject({ code: "unsupported" });
  await expect(kv.sync.signOut({ unsynced: "drain" })).rejects.toMatchObject({ code: "unsupported" });
  expect(await kv.sync.signOut({ unsynced: "discard" })).toEqual({ ok: true });
  expect(await users(name)).toEqual([false, false]);
});
