/**
 * `install` puts Deno KV on the global `Deno`, beside whatever stands there, and takes it away again.
 */
import { inspect } from "node:util";
import * as deno from "@rockpool/deno-kv";
import { install } from "@rockpool/deno-kv";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

type Global = { Deno?: Record<string, unknown> };
const platform = globalThis as Global;

beforeEach(() => {
  delete platform.Deno;
});
afterEach(() => {
  delete platform.Deno;
});

describe("install", () => {
  test("makes a Deno where there is none, and leaves none behind", async () => {
    const uninstall = install();
    const { openKv, errors, ...classes } = platform.Deno as unknown as typeof deno;
    const { AtomicOperation, Kv, KvListIterator, KvU64 } = deno;
    expect(classes).toEqual({ AtomicOperation, Kv, KvListIterator, KvU64 });
    expect(errors.BadResource).toBe(deno.errors.BadResource);
    using kv = await openKv(":memory:");
    expect(kv).toBeInstanceOf(Kv);
    uninstall();
    expect("Deno" in platform).toBe(false);
    uninstall();
  });

  test("keeps what a Deno has, its errors too, and puts back what it took the place of", () => {
    class BadResource extends Error {}
    const openKv: unknown = Symbol("Deno's own");
    const errors = { BadResource, NotFound: Error };
    const env = {};
    const present = { openKv, errors, env };
    platform.Deno = present;
    const uninstall = install();
    expect(platform.Deno).toBe(present);
    expect(present.openKv).not.toBe(openKv);
    expect([present.env, present.errors.BadResource, present.errors.NotFound]).toEqual([
      env,
      BadResource,
      Error,
    ]);
    expect(present.errors).toHaveProperty("NotConnected", deno.errors.NotConnected);
    uninstall();
    expect(present).toEqual({ openKv, errors: { BadResource, NotFound: Error }, env });
    expect(Object.keys(present.errors)).toEqual(["BadResource", "NotFound"]);
  });

  test("opens with the options that it was given", async () => {
    const uninstall = install({ readonly: true });
    using kv = await (platform.Deno as unknown as typeof deno).openKv(`installed-${crypto.randomUUID()}`);
    await expect(kv.set(["k"], 1)).rejects.toThrow(deno.errors.PermissionDenied);
    await expect(kv.set(["k"], 1)).rejects.toMatchObject({ code: "readonly" });
    uninstall();
  });

  test("is undone last first where it was called twice", () => {
    const [first, second] = [install(), install()];
    second();
    expect(platform.Deno).toHaveProperty("openKv");
    first();
    expect("Deno" in platform).toBe(false);
  });

  test("Node prints what it made as Deno prints it", async () => {
    using kv = await deno.openKv(":memory:");
    expect(inspect(kv)).toBe("Kv {}");
    expect(inspect(kv.atomic())).toBe("AtomicOperation (empty)");
    const operation = kv.atomic().set(["b"], 1).min(["x"], 1n);
    expect(inspect(operation)).toBe("AtomicOperation\n  set([ 'b' ], 1)\n  min([ 'x' ], [Deno.KvU64: 1n])");
    expect(inspect(new deno.KvU64(1n))).toBe("[Deno.KvU64: 1n]");
  });
});
