/**
 * A write that its bucket refused, because the entry had changed, is made again of what stands then.
 */
import { type AtomicOperation, type Kv, openKv } from "rockpool";
import { expect, test } from "vitest";
import { createForgeKvs } from "./forge-kvs.ts";

/** A bucket that refuses the first `count` commits. */
const refusing = (kv: Kv, count: number): Kv => {
  let left = count;
  const atomic = (): AtomicOperation => {
    const operation = kv.atomic();
    if (left-- > 0) operation.commit = () => Promise.resolve({ ok: false });
    return operation;
  };
  return new Proxy(kv, {
    get: (target, name) => {
      if (name === "atomic") return atomic;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? (member.bind(target) as unknown) : member;
    },
  });
};

test.each(["set", "delete"])("%s goes on where it is refused, and gives up at last", async (path) => {
  await using kv = await openKv(`entries-${crypto.randomUUID()}`);
  const request = { body: JSON.stringify({ key: "k", value: "new" }) };
  const place = ["forge-kvs", "kv", "k"];
  await kv.set(place, { value: "old", createdAt: 1, updatedAt: 1 });
  const stubborn = createForgeKvs({ kv: refusing(kv, 100) });
  const refused = await stubborn.handle(`/api/v1/${path}`, request);
  expect([refused.status, await refused.json()]).toMatchObject([400, { code: "CONDITIONAL_CHECK_FAILED" }]);
  expect((await kv.get<{ value: string }>(place)).value?.value).toBe("old");
  const yielding = createForgeKvs({ kv: refusing(kv, 3) });
  expect((await yielding.handle(`/api/v1/${path}`, request)).status).toBe(204);
  expect((await kv.get<{ value: string }>(place)).value?.value).toBe(path === "set" ? "new" : undefined);
});
