/**
 * A library that was written for Deno KV runs over this dialect unchanged: unstorage's own driver, once
 * with `openKv` handed to it and once finding it on the global `Deno`.
 */
import { install, openKv } from "@rockpool/deno-kv";
import { createStorage } from "unstorage";
import denoKvDriver from "unstorage/drivers/deno-kv";
import { describe, expect, onTestFinished, test } from "vitest";

const exercise = async (driver: ReturnType<typeof denoKvDriver>): Promise<void> => {
  const storage = createStorage({ driver });
  await storage.setItem("fruit:apple", { price: 3 });
  await storage.setItem("fruit:pear", { price: 4 });
  await storage.setItem("tool", "hammer");
  await storage.setItemRaw("bytes", Uint8Array.of(1, 2));
  expect(await storage.getItem("fruit:apple")).toEqual({ price: 3 });
  expect(await storage.getItemRaw("bytes")).toEqual(Uint8Array.of(1, 2));
  expect(await storage.hasItem("fruit:pear")).toBe(true);
  expect((await storage.getKeys()).toSorted()).toEqual(["bytes", "fruit:apple", "fruit:pear", "tool"]);
  expect((await storage.getKeys("fruit")).toSorted()).toEqual(["fruit:apple", "fruit:pear"]);
  await storage.removeItem("fruit:pear");
  expect(await storage.getItem("fruit:pear")).toBeNull();
  await storage.clear();
  expect(await storage.getKeys()).toEqual([]);
  await storage.dispose();
};

describe("unstorage's driver for Deno KV", () => {
  test("runs over a database that it is handed", async () => {
    // Its declaration names the class of @deno/kv, which has private members; it calls what both have.
    const open = (() => openKv(":memory:")) as never;
    await exercise(denoKvDriver({ openKv: open }));
  });

  test("runs with the global Deno that install makes, below a base", async () => {
    onTestFinished(install());
    await exercise(denoKvDriver({ path: ":memory:", base: "app" }));
  });
});
