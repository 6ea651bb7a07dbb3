/**
 * Rights in ruling: what may not be written or read rejects the commit, and nothing is learnt of it.
 */
import { createScope, packKey, type Key, type Mutation } from "@rockpool/model";
import { describe, expect, test } from "vitest";
import { deniedAccess } from "./permission.ts";
import { check, commitOf, key, number, remove, set, sum, testNowMs } from "./commit-fixture.ts";
import { createBucket } from "./resolve-fixture.ts";

const scopeOf = (...prefixes: readonly Key[]) => createScope(prefixes.map((prefix) => packKey(prefix)));
/** May read "mine", and write "mine" and "inbox". */
const rights = { read: scopeOf(["mine"]), write: scopeOf(["mine"], ["inbox"]) };
const permission = (text: string) => ({
  type: "rejected",
  reason: { type: "permission", message: expect.stringContaining(text) },
});

describe("a commit", () => {
  test("that writes where it may not is rejected whole, and the key is named", () => {
    const bucket = createBucket();
    const commit = commitOf("a", 1, [set("mine", "x"), remove("theirs")]);
    expect(bucket.rule(commit, { rights })).toMatchObject({ ruling: permission('["theirs"]'), effects: [] });
  });

  test.each([
    ["a check", [set("mine", "x")], [check("inbox", { type: "absent" })]],
    ["a sum", [sum("inbox", 1n)], []],
  ] as const)(
    "with %s of a key it may not read is answered the same whatever stands there",
    (_, mutations, checks) => {
      const answers = [undefined, set("inbox", "text"), set("inbox", number(1n)), remove("inbox")].map(
        (before) => {
          const bucket = createBucket();
          if (before !== undefined) bucket.rule(commitOf("b", 1, [before], { atMs: 50 }));
          return bucket.rule(commitOf("a", 1, mutations, { checks }), { rights, revision: 9 });
        },
      );
      expect(answers[0]).toMatchObject({ ruling: permission('["inbox"]'), effects: [] });
      for (const answer of answers) expect(answer).toEqual(answers[0]);
    },
  );

  test("that lost where it may not read is not told to whom", () => {
    const bucket = createBucket();
    bucket.rule(commitOf("b", 7, [set("inbox", "late"), set("mine", "late")], { atMs: 5 }));
    const { ruling } = bucket.rule(commitOf("a", 1, [set("inbox", "x"), set("mine", "x")]), { rights });
    expect(ruling).toEqual({
      type: "accepted",
      superseded: [{ mutation: 0 }, { mutation: 1, winner: { host: "b", n: 7 } }],
    });
  });

  test("that may not, and is too old as well, is told that it may not", () => {
    const bucket = createBucket();
    const commit = commitOf("a", 1, [set("theirs", "x")], { atMs: -testNowMs });
    expect(bucket.rule(commit, { rights }).ruling).toEqual(permission("theirs"));
  });
});

test.each<readonly [Key, string]>([
  [["a", 1, 7n, true, new Uint8Array([10, 255])], '["a", 1, 7n, true, 0x0aff]'],
  [["\n\u0000"], String.raw`["\n\u0000"]`],
  [["x".repeat(2000)], `["${"x".repeat(198)}…`],
])("keys are named readably, and in bounds", (at, name) => {
  const mutation: Mutation = { type: "delete", key: packKey(at) };
  expect(deniedAccess(commitOf("a", 1, [mutation]), { read: [], write: [key("other")] })).toContain(
    ` ${name}`,
  );
});
