/**
 * What readers see under a key: the confirmed entry, with what is pending folded over it in log order.
 */
import { beforeEach, describe, expect, test } from "vitest";
import { entryOf, key, number, remove, set, sum, testNowMs } from "./commit-fixture.ts";
import { TestReplica } from "./replica-fixture.ts";
import { isPresent } from "./view.ts";

let replica: TestReplica;

beforeEach(() => {
  replica = TestReplica.synced();
});

describe("a view", () => {
  test("of a key that nobody ever wrote is nothing, at the versionstamp of nothing", () => {
    expect(replica.view("k")).toMatchObject({ value: undefined, versionstamp: "0".repeat(20) });
  });

  test("is the confirmed entry with each pending operation on top, and names the last of their writers", () => {
    replica.receive({ to: 1, entries: [entryOf("n", 1, number(10n))] });
    replica.commit(sum("n", 1n));
    const { name, versionstamp } = replica.commit(sum("n", 2n));
    expect(replica.value("n")).toBe(13n);
    expect(replica.view("n")).toMatchObject({ revision: 1, versionstamp, lastWriter: name });
  });

  test("takes several mutations of one commit in their order", () => {
    replica.commit(set("n", number(5n)), sum("n", 1n), remove("n"), sum("n", 7n));
    expect(replica.value("n")).toBe(7n);
  });

  test("passes over an operation that cannot be applied to what came under it", () => {
    replica.receive({ to: 1, entries: [entryOf("n", 1, number(1n))] });
    replica.commit(sum("n", 1n));
    replica.receive({ to: 2, entries: [entryOf("n", 2, "text")] });
    expect(replica.value("n")).toBe("text");
  });

  test("of a key with a long list of operations follows each that comes and each that goes", () => {
    const names = Array.from({ length: 40 }, () => {
      const { name } = replica.commit(sum("n", 1n));
      replica.view("n");
      return name;
    });
    expect(replica.value("n")).toBe(40n);
    const ruled = names.slice(0, 10).map((name, index) => replica.result(name, index + 1));
    replica.receive({ to: 10, entries: [entryOf("n", 10, number(10n))], results: ruled });
    expect(replica.value("n")).toBe(40n);
    replica.receive({ to: 11, entries: [entryOf("n", 11, number(110n))] });
    expect(replica.value("n")).toBe(140n);
    replica.commit(sum("n", 1n));
    expect(replica.value("n")).toBe(141n);
  });
});

describe("expiry", () => {
  test("hides an entry from readers at its very millisecond, and a sum then begins anew", () => {
    replica.commit(set("n", number(5n), testNowMs + 10));
    const view = replica.view("n");
    expect([testNowMs + 9, testNowMs + 10].map((nowMs) => isPresent(view, nowMs))).toEqual([true, false]);
    replica.nowMs += 10;
    replica.commit(sum("n", 1n));
    expect(replica.view("n")).toMatchObject({ value: { data: 1n }, expireAt: undefined });
  });

  test("is judged by the commit's own time, whenever it is read", () => {
    replica.commit(set("n", number(5n), testNowMs + 10));
    replica.commit(sum("n", 1n));
    replica.nowMs += 1000;
    expect(replica.value("n")).toBe(6n);
  });
});

test("a sum made before the relay says what is served is not shown outside of it, unless its key was set before", () => {
  const replica = new TestReplica();
  replica.append({ type: "attach", replica: "r" });
  replica.commit(sum("added", 1n), set("set", "mine"));
  replica.commit(sum("both", 1n), set("both", number(5n)));
  replica.commit(sum("both", 2n));
  const before = replica.view("both").versionstamp;
  const effect = replica.welcome({ epoch: "e1", scope: [key("a")] });
  expect(new Set(effect?.changed)).toEqual(new Set([key("added"), key("set"), key("both")]));
  expect(["added", "set", "both"].map((name) => replica.value(name))).toEqual([undefined, "mine", 7n]);
  expect(replica.view("both").versionstamp > before).toBe(true);
  const restarted = replica.checkpoint() && replica.restarted();
  expect(restarted && restarted.value("added")).toBeUndefined();
});
