/**
 * Backups written by hand, line by line, as the format's documentation has them: what tests restore
 * without trusting the code that writes them.
 */
import { createHash } from "node:crypto";

const header = {
  format: "rockpool-backup",
  version: 1,
  bucket: "store",
  createdAt: "2026-01-01T00:00:00.000Z",
};

/** The text of a backup with these lines between header and end; `end` takes the place of what would stand in it. */
export const dumpOf = (lines: readonly object[], end: object = {}, head: object = {}): string => {
  const all = [{ ...header, settings: { history: 1, expireInMs: null }, ...head }, ...lines];
  const text = all.map((line) => `${JSON.stringify(line)}\n`).join("");
  const sha256 = createHash("sha256").update(text).digest("hex");
  const last = { end: { lines: lines.length, versionstamp: "0".repeat(20), sha256, ...end } };
  return `${text}${JSON.stringify(last)}\n`;
};

/** A stream that gives a text in pieces of some bytes. */
export const streamOf = (text: string, pieceBytes = 1000): ReadableStream<Uint8Array> => {
  const bytes = new TextEncoder().encode(text);
  let from = 0;
  return new ReadableStream({
    pull: (controller) => {
      if (from >= bytes.length) return controller.close();
      controller.enqueue(bytes.subarray(from, (from += pieceBytes)));
    },
  });
};

/** `count` entries [name, 0], [name, 1] … that say `name`. */
export const entryLines = (name: string, count: number): readonly object[] =>
  Array.from({ length: count }, (_, n) => ({ key: [name, n], value: name }));
