/**
 * What a session serves: what is followed and may be read, and nothing else.
 */
import { createScope, createConvergenceHash, packKey, type Key, type Mutation } from "@rockpool/model";
import { describe, expect, test } from "vitest";
import { commitOf, text } from "./commit-fixture.ts";
import { openRelay } from "./relay-fixture.ts";
import { helloOf, TestSocket } from "./test-socket.ts";

const setAt = (...at: Key): Mutation => ({ type: "set", key: packKey(at), value: text("x") });
const follow = (...prefixes: readonly Key[]) => createScope(prefixes.map((prefix) => packKey(prefix)));

describe("a session that follows some prefixes", () => {
  test("is welcomed with them, and gets what changes there, past and new, at every revision", async () => {
    await using relay = await openRelay();
    const { socket: writer } = await TestSocket.join(relay.url, helloOf("w"));
    writer.send({ type: "push", commits: [commitOf("w", 1, [setAt("in", 1), setAt("out", 1)])] });
    await writer.next("ruled");
    const scope = follow(["in"], ["too"]);
    const { socket, welcome } = await TestSocket.join(relay.url, helloOf("r", { follow: scope }));
    expect(welcome.scope).toEqual(scope);
    const first = await socket.next("patch");
    expect(first).toMatchObject({ scope, patch: { to: 1, entries: [{ key: packKey(["in", 1]) }] } });
    expect(first.patch.entries).toHaveLength(1);
    for (const [n, at, count] of [
      [2, "out", 0],
      [3, "too", 1],
    ] as const) {
      writer.send({ type: "push", commits: [commitOf("w", n, [setAt(at, 2)], { atMs: n })] });
      const { patch, scope: said } = await socket.next("patch");
      expect([patch.from, patch.to, patch.upToDate, patch.entries.length]).toEqual([n - 1, n, true, count]);
      expect(said).toEqual(scope);
    }
  });

  test("is told no stamp of what lies outside", async () => {
    await using relay = await openRelay();
    const { socket: writer } = await TestSocket.join(relay.url, helloOf("w"));
    const { socket } = await TestSocket.join(relay.url, helloOf("r", { follow: follow(["in"]) }));
    await socket.next("patch");
    writer.send({ type: "push", commits: [commitOf("w", 1, [setAt("out")])] });
    expect((await socket.next("patch")).patch).toMatchObject({ to: 1, stamp: "0000000000000000-" });
  });

  test("shares its frames with those that follow the same, and with nobody else", async () => {
    await using relay = await openRelay();
    const scopes = [follow(["a"]), follow(["a"]), follow(["b"]), follow([]), follow()];
    const sockets = await Promise.all(
      scopes.map(async (scope, index) => {
        const { socket } = await TestSocket.join(relay.url, helloOf(`r${index}`, { follow: scope }));
        await socket.next("patch");
        return socket;
      }),
    );
    sockets[4]?.send({ type: "push", commits: [commitOf("r4", 1, [setAt("a", 1), setAt("b", 1)])] });
    const patches = await Promise.all(sockets.map((socket) => socket.next("patch")));
    expect(patches.map(({ scope }) => scope)).toEqual(scopes);
    expect(patches.map(({ patch }) => patch.entries.map((entry) => entry.key))).toEqual([
      [packKey(["a", 1])],
      [packKey(["a", 1])],
      [packKey(["b", 1])],
      [packKey(["a", 1]), packKey(["b", 1])],
      [],
    ]);
    expect(patches.map(({ patch }) => patch.results.length)).toEqual([0, 0, 0, 0, 1]);
  });

  test("fills a part of it when it is asked to, and never more than it serves", async () => {
    await using relay = await openRelay();
    const { socket: writer } = await TestSocket.join(relay.url, helloOf("w"));
    const keys = [
      ["a", 1],
      ["a", 2],
      ["b", 1],
      ["c", 1],
    ] as const;
    writer.send({
      type: "push",
      commits: [
        commitOf(
          "w",
          1,
          keys.map((at) => setAt(...at)),
        ),
      ],
    });
    await writer.next("ruled");
    const scope = follow(["a"], ["b", 1]);
    const { socket, welcome } = await TestSocket.join(relay.url, helloOf("r", { follow: scope }));
    const { epoch } = welcome;
    for (const [within, expected] of [
      [["a"], keys.slice(0, 2)],
      [["a", 2], keys.slice(1, 2)],
      [["b"], keys.slice(2, 3)],
      [["c"], []],
      [[], keys.slice(0, 3)],
    ] as const) {
      socket.send({ type: "fill", epoch, after: packKey([]), within: packKey(within) });
      const page = await socket.next("page");
      expect(page).toMatchObject({ scope, after: packKey([]), next: null });
      expect(page.entries.map((entry) => entry.key)).toEqual(expected.map((at) => packKey(at)));
    }
  });

  test("fills and verifies that alone, and nothing where it follows nothing", async () => {
    await using relay = await openRelay();
    const { socket: writer } = await TestSocket.join(relay.url, helloOf("w"));
    writer.send({ type: "push", commits: [commitOf("w", 1, [setAt("in", 1), setAt("out", 1)])] });
    await writer.next("ruled");
    for (const [scope, keys] of [
      [follow(["in"]), [packKey(["in", 1])]],
      [follow(), []],
    ] as const) {
      const { socket, welcome } = await TestSocket.join(relay.url, helloOf("r", { follow: scope }));
      const { epoch } = welcome;
      await socket.next("patch", ({ patch }) => patch.upToDate);
      socket.send({ type: "fill", epoch, after: packKey([]) });
      const page = await socket.next("page");
      expect(page.entries.map((entry) => entry.key)).toEqual(keys);
      expect(page).toMatchObject({ scope, next: null, head: 1 });
      const hash = createConvergenceHash();
      hash.add(page.entries);
      socket.send({ type: "verify", epoch, at: 1, hash: hash.digest() });
      expect(await socket.next("verified")).toMatchObject({ equal: true });
    }
  });
});
