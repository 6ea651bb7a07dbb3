/**
 * Reads a backup as it comes in, piece by piece, and verifies all of it: the form of each line, the
 * version, and at the end the count and the checksum.
 */
import { createChecksum, KvError } from "@rockpool/model";
import { backupVersion, type BackupEnd, type BackupLine, readLine } from "./backup-format.ts";

/** What a backup says to do: entries in their order, or to forget all before. */
export type BackupStep = Extract<BackupLine, { type: "entry" | "restart" }>;

/** Longest line, in bytes: above what the largest key with the largest document makes. */
const lineBytesMax: number = 16 * 1024 * 1024;
const newline = 0x0a;

export class BackupReader {
  readonly #checksum = createChecksum();
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  /** The beginning of a line whose end has not come yet. */
  #begun: Uint8Array = new Uint8Array();
  #lines = 0;
  #end: BackupEnd | undefined;

  /**
   * What the lines that end in `bytes` say.
   * @throws KvError "damaged" for what is no part of a backup, "newer-format" for one of a later version
   */
  *read(bytes: Uint8Array): Iterable<BackupStep> {
    let from = 0;
    for (let to = bytes.indexOf(newline); to !== -1; to = bytes.indexOf(newline, from)) {
      const line = joined(this.#begun, bytes.subarray(from, to + 1));
      this.#begun = new Uint8Array();
      from = to + 1;
      const step = this.#take(line);
      if (step !== undefined) yield step;
    }
    this.#begun = joined(this.#begun, bytes.slice(from));
    if (this.#begun.length > lineBytesMax) throw this.#damaged(`it is longer than ${lineBytesMax} bytes`);
  }

  /** Everything was read. @throws KvError "damaged" when the backup is not whole */
  end(): void {
    // The last newline may have been lost on the way.
    if (this.#begun.length > 0) this.#take(joined(this.#begun, Uint8Array.of(newline)));
    if (this.#end === undefined) throw this.#damaged("the backup ends before its last line");
  }

  /** A line with its newline. */
  #take(bytes: Uint8Array): BackupStep | undefined {
    const line = this.#parse(bytes);
    if (this.#end !== undefined) throw this.#damaged("it stands behind the last line");
    if ((this.#lines === 0) !== (line.type === "header")) {
      throw this.#damaged("a backup begins with its header, and has one alone");
    }
    if (line.type === "end") {
      this.#verify(line);
      return undefined;
    }
    this.#checksum.add(bytes);
    this.#lines++;
    if (line.type !== "header") return line;
    if (line.version > backupVersion) {
      throw new KvError(
        "newer-format",
        `the backup has version ${line.version}, this Rockpool reads versions up to ${backupVersion}; nothing was changed. Update the app`,
      );
    }
    return undefined;
  }

  #parse(bytes: Uint8Array): BackupLine {
    try {
      return readLine(this.#decoder.decode(bytes));
    } catch (cause) {
      throw this.#damaged(cause instanceof Error ? cause.message : String(cause), cause);
    }
  }

  #verify(end: BackupEnd): void {
    const lines = this.#lines - 1;
    if (end.lines !== lines) throw this.#damaged(`it counts ${end.lines} lines where there are ${lines}`);
    if (end.sha256 !== this.#checksum.digest()) throw this.#damaged("the checksum is another");
    this.#end = end;
  }

  #damaged(why: string, cause?: unknown): KvError {
    return new KvError(
      "damaged",
      `what is to be restored is no whole backup, as line ${this.#lines + 1} shows: ${why}; nothing was changed. Use another copy of it`,
      { cause },
    );
  }
}

const joined = (a: Uint8Array, b: Uint8Array): Uint8Array => {
  if (a.length === 0) return b;
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
};
