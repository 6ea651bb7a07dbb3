/**
 * Tokens, from the app's function to the relay's hook: asked for by whoever carries the session, renewed
 * in place, asked for once more when one is refused; and a replica that is one subject's for good.
 */
import { type Grant, openMemoryEngine, type Relay, startRelay, UnauthorizedError } from "@rockpool/relay";
import { type Kv, openKv, type OpenOptions, type SyncState } from "rockpool";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

let relay: Relay;
/** Tokens that hold, and what for. */
let grants: Map<string, Grant>;
/** Tokens the relay was shown, in order. */
let shown: (string | undefined)[];

const ada: Grant = { subject: "ada", read: [[]], write: [[]], expiresAt: null };

beforeEach(async () => {
  grants = new Map([["good", ada]]);
  shown = [];
  relay = await startRelay({
    port: 0,
    engine: await openMemoryEngine(),
    authenticate: async (token) => {
      shown.push(token);
      const grant = grants.get(token ?? "");
      if (grant === undefined) throw new UnauthorizedError(`"${token ?? ""}" is no token of ours`);
      return grant;
    },
  });
});

afterEach(() => relay.close());

/** An app that gives this token, and counts. */
const givesToken = (token: string) => vi.fn<() => Promise<string>>().mockResolvedValue(token);

let names = 0;
const freshName = (): string => `tokens-${names++}`;

const open = (name: string, options: OpenOptions): Promise<Kv> =>
  openKv(name, { relay: relay.url, ...options });

const state = (kv: Kv, expected: SyncState): Promise<void> =>
  vi.waitUntil(() => kv.sync.status.state === expected, { timeout: 10_000, interval: 10 }).then(() => {});

/** The states that a tab tells of from now on. */
const statesOf = (kv: Kv): readonly SyncState[] => {
  const states: SyncState[] = [];
  kv.sync.addEventListener("status", ({ detail }) => states.push(detail.state));
  return states;
};

test("the app is asked for a token before the session begins, by the tab that carries it", async () => {
  const name = freshName();
  const tokens = [givesToken("good"), givesToken("good")] as const;
  await using one = await open(name, { token: tokens[0] });
  await state(one, "synced");
  await using other = await open(name, { token: tokens[1] });
  await state(other, "synced");
  const { versionstamp } = await other.set(["k"], 1);
  expect(await other.sync.settled(versionstamp)).toMatchObject({ type: "confirmed" });
  expect([shown, tokens[0].mock.calls.length, tokens[1].mock.calls.length]).toEqual([["good"], 1, 0]);
});

test("a token that will end is replaced while the session goes on", async () => {
  let tokens = 0;
  const token = async (): Promise<string> => {
    const next = `token ${++tokens}`;
    grants.set(next, { ...ada, expiresAt: Date.now() + (tokens < 3 ? 600 : 60_000) });
    return next;
  };
  await using kv = await open(freshName(), { token });
  await state(kv, "synced");
  const states = statesOf(kv);
  await vi.waitUntil(() => shown.length === 3, { timeout: 10_000, interval: 10 });
  const { versionstamp } = await kv.set(["k"], 1);
  expect(await kv.sync.settled(versionstamp)).toMatchObject({ type: "confirmed" });
  expect(shown).toEqual(["token 1", "token 2", "token 3"]);
  expect(states.filter((one) => one !== "synced" && one !== "syncing")).toEqual([]);
});

test("a token that is refused is asked for once more, and then the app decides", async () => {
  const token = givesToken("bad");
  await using kv = await open(freshName(), { token });
  const { versionstamp } = await kv.set(["k"], 1);
  await state(kv, "unauthorized");
  expect(kv.sync.status).toMatchObject({ pending: 1, error: { code: "unauthorized" } });
  expect(kv.sync.status.error?.message).toContain('"bad" is no token of ours');
  expect(token).toHaveBeenCalledTimes(2);
  token.mockImplementation(async () => "good");
  await kv.sync.resume();
  expect(await kv.sync.settled(versionstamp)).toMatchObject({ type: "confirmed" });
  expect(shown).toEqual(["bad", "bad", "good"]);
});

test("a refused session goes on when the app says so in another tab", async () => {
  const name = freshName();
  let current = "bad";
  const token = async (): Promise<string> => current;
  await using one = await open(name, { token });
  await using other = await open(name, { token });
  await state(other, "unauthorized");
  current = "good";
  await other.sync.resume();
  await Promise.all([state(one, "synced"), state(other, "synced")]);
});

test("an app that gives no token is asked again later, and the status says why nothing is synced", async () => {
  const { promise: isWatched, resolve: watched } = Promise.withResolvers<void>();
  const token = givesToken("good").mockImplementationOnce(async () => {
    await isWatched;
    throw new Error("signed out");
  });
  token.mockResolvedValueOnce("");
  await using kv = await open(freshName(), { token });
  const errors = new Set<string>();
  kv.sync.addEventListener("status", ({ detail: { error } }) => {
    if (error !== null) errors.add(`${error.code}: ${error.message}`);
  });
  watched();
  await state(kv, "synced");
  expect(shown).toEqual(["good"]);
  expect([...errors]).toEqual([
    "unauthorized: the app gave no token: signed out",
    expect.stringContaining("an empty string"),
  ]);
});

test("a tab without the option token leaves the session to one that has it, and says when there is none", async () => {
  const name = freshName();
  await using without = await open(name, {});
  await state(without, "unauthorized");
  const withToken = await open(name, { token: async () => "good" });
  await Promise.all([state(withToken, "synced"), state(without, "synced")]);
  const { versionstamp } = await without.set(["k"], 1);
  expect(await without.sync.settled(versionstamp)).toMatchObject({ type: "confirmed" });
  await withToken[Symbol.asyncDispose]();
  await state(without, "unauthorized");
  await using again = await open(name, { token: async () => "good" });
  await state(again, "synced");
  await state(without, "synced");
});

test("a commit that the token does not allow is rejected alone", async () => {
  grants.set("good", { ...ada, write: [["mine"]] });
  await using kv = await open(freshName(), { token: async () => "good" });
  const [first, refused, last] = await Promise.all([
    kv.set(["mine", 1], 1),
    kv.set(["yours", 1], 1),
    kv.set(["mine", 2], 1),
  ]);
  expect(await kv.sync.settled(first.versionstamp)).toMatchObject({ type: "confirmed" });
  expect(await kv.sync.settled(refused.versionstamp)).toMatchObject({
    type: "rejected",
    reason: { type: "permission" },
  });
  expect(await kv.sync.settled(last.versionstamp)).toMatchObject({ type: "confirmed" });
  await state(kv, "synced");
});

test("a replica is one subject's: another's token ends the session before anything is sent or shown", async () => {
  const name = freshName();
  grants.set("bob's", { ...ada, subject: "bob" });
  let current = "good";
  const kv = await open(name, { token: async () => current });
  await state(kv, "synced");
  await kv.sync.pause();
  await kv.set(["ada's"], 1);
  await using bob = await open(name, { user: "bob", token: async () => "bob's" });
  await bob.set(["bob's"], 1);
  await bob.sync.flush();

  current = "bob's";
  await kv.sync.resume();
  await state(kv, "stopped");
  expect(kv.sync.status).toMatchObject({ pending: 1, error: { code: "unauthorized" } });
  expect(kv.sync.status.error?.message).toContain('"bob"');
  expect((await kv.get(["bob's"])).value).toBe(null);
  await bob.sync.flush();
  expect((await bob.get(["ada's"])).value).toBe(null);

  // Also after a reload.
  await kv[Symbol.asyncDispose]();
  await using again = await open(name, { token: async () => current });
  await state(again, "stopped");
  current = "good";
  await again.sync.resume();
  await again.sync.flush();
  expect((await again.get(["bob's"])).value).toBe(1);
});

/** The values a tab sees, by key. */
const seen = async (tab: Kv): Promise<readonly unknown[]> => {
  const values: unknown[] = [];
  for await (const { value } of tab.list({ prefix: [] })) values.push(value);
  return values;
};

test("an app follows what it asks for last, in all tabs and after a reload", async () => {
  const name = freshName();
  const token = givesToken("good");
  await using writer = await open(name, { token, user: "on another device" });
  await Promise.all(["a", "b", "c"].map((key) => writer.set([key, 1], key)));
  await writer.sync.flush();
  const kv = await open(name, { token });
  await using other = await open(name, { token });
  await kv.sync.flush();
  expect([kv.sync.status.followed, await seen(kv)]).toEqual([[[]], ["a", "b", "c"]]);

  await kv.sync.follow([["b"], ["a"], ["a", 1]]);
  await vi.waitUntil(async () => (await seen(other)).length === 2, { timeout: 10_000, interval: 10 });
  expect(await seen(kv)).toEqual(["a", "b"]);
  expect(other.sync.status.followed).toEqual([["a"], ["b"]]);
  await writer.set(["c", 2], "c");
  await kv.sync.follow([["c"]]);
  await vi.waitUntil(async () => (await seen(kv)).join() === "c,c", { timeout: 10_000, interval: 10 });

  await Promise.all([kv[Symbol.asyncDispose](), other[Symbol.asyncDispose]()]);
  await using again = await open(name, { token });
  expect(await seen(again)).toEqual(["c", "c"]);
  await state(again, "synced");
  expect(again.sync.status.followed).toEqual([["c"]]);
  await expect(again.sync.follow([[{} as never]])).rejects.toThrow(TypeError);
});

test.each(["a token", 7, {}])("the option token cannot be %j", async (token) => {
  await expect(openKv(freshName(), { token: token as never })).rejects.toThrow(TypeError);
});
