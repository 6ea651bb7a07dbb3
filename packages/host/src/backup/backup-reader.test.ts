/**
 * Reading a backup: what is whole is read in pieces of any size, what is not is refused, wherever it
 * is damaged, cut, or goes on.
 */
import { createChecksum, type Key, KvU64, packKey } from "@rockpool/model";
import { anyKey } from "@rockpool/model/key-arbitrary";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { writeEnd, writeEntry, writeHeader } from "./backup-format.ts";
import { BackupReader, type BackupStep } from "./backup-reader.ts";
import type { FillEntry } from "./fill-entry.ts";
import { encodeRich } from "../rich-codec.ts";

const header = writeHeader({
  bucket: "b",
  createdAt: 0,
  settings: { history: 1, expireInMs: null },
});

/** A whole backup of some lines. */
const backupOf = (lines: readonly string[], first = header): Uint8Array => {
  const body = new TextEncoder().encode([first, ...lines].map((line) => `${line}\n`).join(""));
  const checksum = createChecksum();
  checksum.add(body);
  const end = writeEnd({
    lines: lines.length,
    versionstamp: "0".repeat(20) as never,
    sha256: checksum.digest(),
  });
  return joined(body, new TextEncoder().encode(`${end}\n`));
};

const joined = (a: Uint8Array, b: Uint8Array): Uint8Array => {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
};

const read = (bytes: Uint8Array, pieceBytes = 1e9): readonly BackupStep[] => {
  const reader = new BackupReader();
  const steps: BackupStep[] = [];
  for (let from = 0; from < bytes.length; from += pieceBytes) {
    steps.push(...reader.read(bytes.subarray(from, from + pieceBytes)));
  }
  reader.end();
  return steps;
};

const failureOf = (bytes: Uint8Array): { readonly code?: string; readonly message?: string } => {
  try {
    read(bytes);
    return {};
  } catch (error) {
    return error as Error;
  }
};

const entries: readonly FillEntry[] = [
  { key: packKey(["a"]), value: encodeRich({ b: 1 }) },
  { key: packKey(["ü", -0, Number.NaN]), value: encodeRich(new Date(0)), expireAt: 5 },
  { key: packKey([1n, true]), value: encodeRich(new KvU64(2n ** 64n - 1n)) },
  { key: packKey([new Uint8Array([0, 255])]), value: encodeRich(new Uint8Array([1, 2])) },
  { key: packKey(["gone"]) },
];
const whole = backupOf(entries.map(writeEntry));

describe("a backup", () => {
  test("is read as it was written, in pieces of any size", () => {
    for (let pieceBytes = 1; pieceBytes < whole.length; pieceBytes += 7) {
      expect(read(whole, pieceBytes)).toEqual(entries.map((entry) => ({ type: "entry", entry })));
    }
  });

  test("holds any key and any value", () => {
    const value = fc.oneof(fc.jsonValue(), fc.uint8Array(), fc.date({ noInvalidDate: true }), fc.bigInt());
    fc.assert(
      fc.property(anyKey, value, (key: Key, data) => {
        fc.pre(key.length > 0);
        const entry = { key: packKey(key), value: encodeRich(data) };
        expect(read(backupOf([writeEntry(entry)]))).toEqual([{ type: "entry", entry }]);
      }),
      { numRuns: 300 },
    );
  });

  test("is read without its last newline, which tools may take off", () => {
    expect(read(whole.subarray(0, -1))).toHaveLength(entries.length);
  });

  test("that is cut anywhere is damaged", () => {
    for (let length = 0; length < whole.length - 1; length++) {
      expect(failureOf(whole.subarray(0, length)), `cut at ${length}`).toMatchObject({ code: "damaged" });
    }
  });

  test("with any one byte changed is refused", () => {
    const headerEnd = new TextEncoder().encode(header).length;
    // What the last line says of the versionstamp informs people; it stands behind what is summed.
    const informs = new TextDecoder("latin1").decode(whole).indexOf('"0000');
    for (let index = 0; index < whole.length - 1; index++) {
      if (index > informs && index <= informs + 20) continue;
      const changed = whole.slice();
      changed[index] = (changed[index] ?? 0) ^ 1;
      // A digit of the version, in the header, may come to that of a later one.
      const codes = index < headerEnd ? ["damaged", "newer-format"] : ["damaged"];
      expect(codes, `at ${index}`).toContain(failureOf(changed).code);
    }
  });

  test("of a later version is refused as such", () => {
    const later = backupOf([], header.replace('"version":1', '"version":2'));
    expect(failureOf(later)).toMatchObject({ code: "newer-format", message: expect.stringContaining("2") });
  });

  test.each([
    ["nothing", ""],
    ["another file", "PK\u0003\u0004\n"],
    ["other JSON", '{"a":1}\n'],
    ["no header", `${writeEntry(entries[0] as FillEntry)}\n`],
    ["binary data", "\u00ff\u00fe\n"],
    ["no object", "null\n"],
  ])("that is %s is damaged", (_what, text) => {
    expect(failureOf(Uint8Array.from(text, (char) => char.charCodeAt(0)))).toMatchObject({ code: "damaged" });
  });

  test.each([
    ['{"key":["a"]}', "not one value"],
    ['{"key":["a"],"value":1,"u64":"1"}', "not one value"],
    ['{"key":[],"value":1}', "cannot be empty"],
    ['{"key":"a","value":1}', "no array"],
    ['{"key":[null],"value":1}', "a part of its key"],
    ['{"key":[{"bytes":"!"}],"value":1}', "base64"],
    ['{"key":[{"number":"1"}],"value":1}', "a part of its key"],
    [`{"key":["${"k".repeat(3000)}"],"value":1}`, "too large"],
    [`{"key":["a"],"value":"${"v".repeat(1100000)}"}`, "too large"],
    ['{"key":["a"],"u64":"18446744073709551616"}', "no value"],
    ['{"key":["a"],"u64":1}', "no value"],
    ['{"key":["a"],"rich":"1{\\"t\\":12}"}', "does not decode"],
    ['{"key":["a"],"bytes":"A"}', "base64"],
    ['{"key":["a"],"text":"1"}', "no value"],
    ['{"key":["a"],"value":1,"expireAt":"soon"}', "expireAt"],
    ['{"key":["a"],"value":1,"expireAt":-1}', "expireAt"],
    [header, "one alone"],
  ])("with the line %.40s is damaged, and says in which line and why", (line, why) => {
    const message: unknown = expect.stringMatching(new RegExp(`line 3 .*${why}`));
    expect(failureOf(backupOf(['{"key":["ok"],"value":1}', line]))).toMatchObject({
      code: "damaged",
      message,
    });
  });

  test("that goes on behind its end is damaged", () => {
    expect(failureOf(joined(whole, whole))).toMatchObject({ code: "damaged" });
    expect(failureOf(joined(whole, Uint8Array.of(10)))).toMatchObject({ code: "damaged" });
  });

  test("with a line without an end is damaged before it fills the memory", () => {
    const reader = new BackupReader();
    const piece = new Uint8Array(1024 * 1024).fill(97);
    const readAll = (): void => {
      for (let count = 0; count < 20; count++) for (const step of reader.read(piece)) void step;
    };
    expect(readAll).toThrow("longer than 16777216 bytes");
  });
});
