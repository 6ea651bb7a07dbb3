/**
 * The codec: what is sent comes back, in its one form, and that form does not change unseen.
 */
import { createHash } from "node:crypto";
import { type Mutation, packKey } from "@rockpool/model";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeDown, decodeUp, encodeDown, encodeEntries, encodeUp, encodeWithEntries } from "./codec.ts";
import { goldenDown, goldenDownFrames, goldenUp, goldenUpFrames } from "./golden-frames.ts";
import { downMessage, patchMessage, upMessage } from "./message-arbitrary.ts";
import { protocolVersion } from "./messages.ts";

test("every message of a replica comes back as it was sent", () => {
  fc.assert(
    fc.property(fc.array(upMessage, { maxLength: 3 }), (messages) => {
      expect(decodeUp(encodeUp(messages))).toEqual(messages);
    }),
  );
});

test("every message of a relay comes back as it was sent", () => {
  fc.assert(
    fc.property(fc.array(downMessage, { maxLength: 3 }), (messages) => {
      expect(decodeDown(encodeDown(messages))).toEqual(messages);
    }),
  );
});

test("a purge is a delete on the wire", () => {
  const [push] = goldenUp.filter((message) => message.type === "push");
  if (push === undefined) throw new Error("no golden frame pushes");
  const ofMutation = (mutation: Mutation): string =>
    encodeUp([{ ...push, commits: push.commits.map((commit) => ({ ...commit, mutations: [mutation] })) }]);
  const remove = { type: "delete", key: packKey(["k"]) } as const;
  expect(ofMutation({ ...remove, purge: true })).toBe(ofMutation(remove));
});

test("a frame put together from entries that are encoded already is the frame", () => {
  fc.assert(
    fc.property(fc.array(downMessage, { maxLength: 2 }), patchMessage, (before, message) => {
      const frame = encodeWithEntries(before, message, encodeEntries(message.patch.entries));
      expect(frame).toBe(encodeDown([...before, message]));
    }),
  );
});

test("bytes of every length and content survive", () => {
  const data = Uint8Array.from({ length: 20_001 }, (_, index) => (index * 7) % 256);
  for (const length of [0, 1, 2, 3, 255, 8191, 8192, 8193, 20_001]) {
    const [message] = decodeDown(encodeDown([goldenPatchOf(data.subarray(0, length))]));
    expect(message).toEqual(goldenPatchOf(data.slice(0, length)));
  }
});

test("a frame is plain ASCII-safe JSON even for text with lone surrogates", () => {
  const frame = encodeDown([{ type: "error", code: "busy", message: "half a pair: \ud83d" }]);
  expect(frame.isWellFormed()).toBe(true);
  expect(decodeDown(frame)).toEqual([{ type: "error", code: "busy", message: "half a pair: \ud83d" }]);
});

describe("golden frames", () => {
  test.each(goldenUp.map((message, index) => [message.type, message, goldenUpFrames[index] ?? ""] as const))(
    "a %s is written and read in its one form",
    (_, message, frame) => {
      expect(encodeUp([message])).toBe(frame);
      expect(decodeUp(frame)).toEqual([message]);
    },
  );

  test.each(
    goldenDown.map((message, index) => [message.type, message, goldenDownFrames[index] ?? ""] as const),
  )("a %s is written and read in its one form", (_, message, frame) => {
    expect(encodeDown([message])).toBe(frame);
    expect(decodeDown(frame)).toEqual([message]);
  });

  test("a changed message needs a new version", () => {
    // If this fails, old peers cannot read the new form: raise protocolVersion, add a line to its history in
    // PROTOCOL.md, then update the hash. (A new optional field that old peers may ignore needs no new version.)
    const frames = [encodeUp(goldenUp), encodeDown(goldenDown)].join("\n");
    const hash = createHash("sha256").update(frames).digest("hex").slice(0, 12);
    expect([protocolVersion, hash]).toEqual([2, "ffd5df22b65c"]);
  });
});

describe("fields nobody knows yet", () => {
  test("are ignored in messages", () => {
    expect(decodeUp('[{"type":"ping","id":4,"mood":"calm"}]')).toEqual([{ type: "ping", id: 4 }]);
  });

  test("are ignored behind the known ones of an array", () => {
    const key = String.raw`"\u0002a\u0000"`;
    const frameWith = (later: string): string =>
      `[{"type":"push","commits":[["h",1,"t","018bcfe568000002-h",[[${key},"absent"${later}]],[["delete",${key}${later}]]${later}]]}]`;
    expect(frameWith(',["later"]')).not.toBe(frameWith(""));
    expect(decodeUp(frameWith(',["later"]'))).toEqual(decodeUp(frameWith("")));
  });
});

const goldenPatchOf = (data: Uint8Array) => {
  const patch = goldenDown.find((message) => message.type === "patch");
  if (patch === undefined) throw new Error("there is no golden patch");
  const entry = {
    key: patch.patch.entries[0]?.key ?? ("" as never),
    value: { encoding: "bytes", data },
    revision: 4,
  } as const;
  return { ...patch, patch: { ...patch.patch, entries: [entry] } };
};
