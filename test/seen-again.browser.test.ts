/**
 * A page that is looked at again reads what it missed: a notice that never came, as after a freeze or
 * the back/forward cache, is made good at once and not when the next one comes.
 */
import { openIdbLog } from "@rockpool/log-idb";
import { packKey } from "@rockpool/model";
import { openKv } from "rockpool";
import { expect, test } from "vitest";

/** Writes a commit as another tab would, and tells nobody. */
const commitSilently = async (bucket: string, value: string): Promise<void> => {
  const log = await openIdbLog(`rockpool:${bucket}`);
  const { rows } = await log.start();
  const commit = {
    name: { host: "silent", n: 1 },
    tag: "t",
    readingMs: 1,
    checks: [],
    mutations: [],
    effects: [{ key: packKey(["k"]), value: { encoding: "json", data: JSON.stringify(value) } as const }],
  };
  await log.append(
    rows.at(-1)?.position ?? 0,
    () => ({ type: "row", row: { type: "commit", commits: [commit] } }),
    {
      atLeast: 1,
    },
  );
  await log.close();
};

test("a page that goes begins nothing more, and goes on where it was when it comes back", async () => {
  const bucket = `gone-${crypto.randomUUID()}`;
  const kv = await openKv(bucket);
  await kv.set(["k"], 1);
  dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }));
  const setting = kv.set(["k"], 2);
  // Of another bucket, from its beginning to its end.
  const other = await openKv(`other-${crypto.randomUUID()}`);
  await other.set(["k"], 1);
  expect(await Promise.race([setting, other.get(["k"]).then(() => "waits")])).toBe("waits");
  dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
  await setting;
  expect((await kv.get(["k"])).value).toBe(2);
  dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }));
  // What was asked for before it is closed is done, as ever.
  const last = kv.set(["k"], 3).catch((error: { readonly code: string }) => error.code);
  await Promise.all([kv, other].map((one) => one[Symbol.asyncDispose]()));
  expect(await last).toBe("closed");
  await using again = await openKv(bucket);
  expect((await again.get(["k"])).value).toBe(3);
});

test.each([
  ["becomes visible", () => document.dispatchEvent(new Event("visibilitychange"))],
  [
    "comes back from the cache",
    () => dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })),
  ],
])("a page that %s tells its feeds what it missed", async (_, seeAgain) => {
  const bucket = `seen-again-${crypto.randomUUID()}`;
  const kv = await openKv(bucket);
  await kv.set(["k"], "known");
  const reader = kv.watch([["k"]]).getReader();
  expect((await reader.read()).value).toMatchObject([{ value: "known" }]);
  await commitSilently(bucket, "missed");
  // Eventual reads answer from memory, so nothing has brought the row here yet.
  expect((await kv.get(["k"], { consistency: "eventual" })).value).toBe("known");
  seeAgain();
  expect((await reader.read()).value).toMatchObject([{ value: "missed" }]);
  kv.close();
});
