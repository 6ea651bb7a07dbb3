/**
 * Backups and restores at the tab: streams of bytes to and from the host, which makes and verifies
 * what is in them. Nothing is read ahead of the app, and nothing is held.
 */
import type { Transferred, TransferStep } from "@rockpool/host";
import type { HostConnection } from "./host-connection.ts";

/** How far a backup or a restore has come. */
export interface TransferProgress {
  readonly entries: number;
  /** Bytes of the backup. */
  readonly bytes: number;
}

export interface BackupOptions {
  /** Ends it: the stream fails with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Is told after each part. */
  readonly onProgress?: (progress: TransferProgress) => void;
}

export interface RestoreOptions {
  /** Gives it up: the call rejects with the signal's reason, and nothing has changed. */
  readonly signal?: AbortSignal;
  /** Is told after each part that was verified. */
  readonly onProgress?: (progress: TransferProgress) => void;
}

export interface RestoreResult {
  /** Entries of the bucket now. */
  readonly entries: number;
}

/** What `restore` reads: a file, the body of a response, a stream that `backup` gave. */
export type BackupSource = Blob | ReadableStream<Uint8Array>;

/** The part of a bucket's face that is about backups. */
export interface KvBackups {
  /**
   * All entries as lines of JSON, with a checksum at the end, read as the stream is: the bucket as it
   * stood at one moment near the end of the reading, however much is written meanwhile. Older versions
   * of keys, and what waits for a decision, are not in it. The stream fails with a KvError.
   */
  backup(options?: BackupOptions): ReadableStream<Uint8Array>;
  /**
   * Replaces everything in the bucket with what a backup holds, in one step and when all of it was
   * verified; also what is written while it runs. Until then, and whatever fails, nothing changes.
   * Settings stay as they are.
   * @throws KvError "damaged" | "newer-format" for the backup; "unsupported" in a bucket that has a
   * relay; "interrupted" when the tab was frozen meanwhile; "quota"
   */
  restore(source: BackupSource, options?: RestoreOptions): Promise<RestoreResult>;
}

/** Bytes that travel to the host in one message. */
const messageBytes: number = 256 * 1024;

export class TransferClient {
  readonly #connection: HostConnection;
  #nextId = 1;

  constructor(connection: HostConnection) {
    this.#connection = connection;
  }

  backup({ signal, onProgress }: BackupOptions): ReadableStream<Uint8Array> {
    const id = this.#nextId++;
    const end = (): Promise<Transferred> => this.#step({ type: "end-backup", id });
    let sent = 0;
    let abort: (() => void) | undefined;
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        signal?.throwIfAborted();
        abort = () => {
          controller.error(signal?.reason);
          end().catch(ignoreAfterEnd);
        };
        signal?.addEventListener("abort", abort, { once: true });
      },
      pull: async (controller) => {
        const { bytes, entries, done } = await this.#step({ type: "read-backup", id }, signal);
        if (bytes === undefined) return controller.close();
        controller.enqueue(bytes);
        sent += bytes.length;
        onProgress?.({ entries, bytes: sent });
        if (!done) return;
        if (abort !== undefined) signal?.removeEventListener("abort", abort);
        controller.close();
      },
      cancel: async () => {
        if (abort !== undefined) signal?.removeEventListener("abort", abort);
        await end();
      },
    });
  }

  async restore(source: BackupSource, { signal, onProgress }: RestoreOptions): Promise<RestoreResult> {
    signal?.throwIfAborted();
    const stream = streamOf(source);
    const id = this.#nextId++;
    let taken = 0;
    let result: RestoreResult | undefined;
    const sink = new WritableStream<unknown>({
      start: async () => void (await this.#step({ type: "begin-restore", id })),
      write: async (chunk) => {
        for (const bytes of piecesOf(chunk)) {
          const { entries } = await this.#step({ type: "restore", id, bytes });
          taken += bytes.length;
          onProgress?.({ entries, bytes: taken });
        }
      },
      close: async () => {
        // A signal that comes while the last bytes are written no longer stops the pipe by itself.
        signal?.throwIfAborted();
        const { entries } = await this.#step({ type: "end-restore", id });
        result = { entries };
      },
    });
    try {
      await stream.pipeTo(sink, signal === undefined ? {} : { signal });
    } catch (error) {
      // It was over when the signal came.
      if (result !== undefined) return result;
      await this.#step({ type: "abort-restore", id }).catch(ignoreAfterEnd);
      throw error;
    }
    return result as unknown as RestoreResult;
  }

  #step(step: TransferStep, signal?: AbortSignal): Promise<Transferred> {
    return this.#connection.call("transfer", { step }, signal);
  }
}

const streamOf = (source: BackupSource): ReadableStream<Uint8Array> => {
  if (source instanceof Blob) return source.stream();
  if (source instanceof ReadableStream) return source;
  throw new TypeError(
    "what is to be restored must be a Blob or a ReadableStream of bytes, such as the body of a Response",
  );
};

/** Copies, each with a buffer of its own, which is all that is sent with it. */
function* piecesOf(chunk: unknown): Iterable<Uint8Array> {
  if (!(chunk instanceof Uint8Array)) {
    throw new TypeError("what is to be restored must be a stream of Uint8Array; nothing was changed");
  }
  for (let from = 0; from < chunk.length; from += messageBytes) yield chunk.slice(from, from + messageBytes);
}

const ignoreAfterEnd = (): void => {
  // What was under way ends with its host; the caller was told why.
};
