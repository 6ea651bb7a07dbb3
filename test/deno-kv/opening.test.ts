/**
 * Opening, as Deno opens a path: what a name may be, and who shares what under it.
 */
import { openKv } from "rockpool";
import { describe, expect, test } from "vitest";
import { freshName, valueOf } from "./kv-fixture.ts";

describe("opening", () => {
  test(":memory: is private to each call, and gone when it is closed", async () => {
    await using one = await openKv(":memory:");
    await using other = await openKv(":memory:");
    await one.set(["k"], "one");
    expect(await valueOf(one, "k")).toBe("one");
    expect(await valueOf(other, "k")).toBeNull();
    const databases = "indexedDB" in globalThis ? await indexedDB.databases() : [];
    expect(databases.filter(({ name }) => name?.includes(":memory:") === true)).toEqual([]);
  });

  test("an empty name is refused", async () => {
    await expect(openKv("")).rejects.toThrow(TypeError);
    await expect(openKv("")).rejects.toThrow(
      'a bucket\'s name is a string of 1 to 100 characters: received ""',
    );
  });

  test("a name that begins with a colon is refused", async () => {
    await expect(openKv(":foo")).rejects.toThrow(TypeError);
    await expect(openKv(":foo")).rejects.toThrow(/begins neither with ":", except ":memory:"/);
  });

  test("a name is a bucket's, not a path's; all that open it share what is in it and hear of changes", async () => {
    const name = freshName();
    await using one = await openKv(name);
    await using other = await openKv(name);
    const reader = other.watch([["k"]]).getReader();
    expect((await reader.read()).value?.[0].value).toBeNull();
    await one.set(["k"], 1);
    expect((await reader.read()).value?.[0].value).toBe(1);
    expect(await valueOf(other, "k")).toBe(1);
  });

  test("no name is a name of its own, the same each time", async () => {
    await using one = await openKv();
    await using other = await openKv();
    const value = freshName();
    await one.set(["opened without a name"], value);
    expect(await valueOf(other, "opened without a name")).toBe(value);
    await one.delete(["opened without a name"]);
  });

  test("an address is no name: a relay is an option, and KV Connect is not spoken", async () => {
    for (const address of ["https://example.org/kv", "http://127.0.0.1", "wss://example.org"]) {
      await expect(openKv(address)).rejects.toThrow(TypeError);
      await expect(openKv(address)).rejects.toThrow(/a relay's address goes into the option "relay"/);
    }
  });
});
