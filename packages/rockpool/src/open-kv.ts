/**
 * Opening a bucket: starts its host, in a worker where there is one, and connects to it. The `new
 * Worker(new URL(…))` below must stay as it is: bundlers look for it, letter by letter.
 */
import type { HostApi, HostOpenOptions } from "@rockpool/host";
import { KvError } from "@rockpool/model";
import { wrap } from "comlink";
import { connectKv } from "./connect-kv.ts";
import type { Kv } from "./kv.ts";

export interface OpenOptions {
  /** The relay's address, ws: or wss:. Without it the bucket stays on this device. */
  readonly relay?: string | URL;
  /** "strict": a commit also survives a power cut. Default "relaxed": it survives a crash of the browser. */
  readonly durability?: "relaxed" | "strict";
  /** Where the host runs. Default: a worker where the platform has one, else the caller's thread. */
  readonly placement?: "worker" | "main";
  /** Makes the worker, for bundlers that cannot follow `new URL(…, import.meta.url)`; it must run `rockpool/worker`. */
  readonly worker?: () => Worker;
}

/** Longest wait for the worker's first answer, in ms. */
const startMsMax = 10_000;

/**
 * Opens the bucket `name`, making it when it is new. In Node, where there is no IndexedDB, a bucket
 * is kept in memory and shared by all that open its name in the process.
 * @throws TypeError for a name or an option that cannot be; KvError "unavailable" | "newer-format" | "unsupported"
 */
export const openKv = async (name = "default", options: OpenOptions = {}): Promise<Kv> => {
  const open = hostOptions(name, options);
  const placement =
    options.placement ??
    (typeof Worker === "undefined" || typeof indexedDB === "undefined" ? "main" : "worker");
  return placement === "worker" ? openInWorker(open, options.worker ?? startWorker) : openOnThread(open);
};

const hostOptions = (name: string, { relay, durability = "relaxed" }: OpenOptions): HostOpenOptions => {
  if (typeof name !== "string" || name === "" || name.length > nameLengthMax) {
    throw new TypeError(
      `a bucket's name is a string of 1 to ${nameLengthMax} characters: received ${JSON.stringify(name)}`,
    );
  }
  if (durability !== "relaxed" && durability !== "strict") {
    throw new TypeError(`durability must be "relaxed" or "strict": received ${String(durability)}`);
  }
  return {
    bucket: name,
    database: `rockpool:${name}`,
    durability,
    ...(relay === undefined ? {} : { relay: relayUrl(relay) }),
  };
};

const nameLengthMax = 100;

const relayUrl = (relay: string | URL): string => {
  const url = URL.parse(String(relay));
  if (url === null || (url.protocol !== "ws:" && url.protocol !== "wss:")) {
    throw new TypeError(`relay must be a ws: or wss: address: received ${String(relay)}`);
  }
  return url.href;
};

const startWorker = (): Worker =>
  new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "rockpool" });

const openInWorker = async (open: HostOpenOptions, start: () => Worker): Promise<Kv> => {
  const worker = start();
  try {
    return await connectKv(open, wrap<HostApi>(worker) as unknown as HostApi, {
      failure: startFailure(worker, open.bucket),
      release: () => worker.terminate(),
    });
  } catch (error) {
    worker.terminate();
    throw error;
  }
};

const openOnThread = async (open: HostOpenOptions): Promise<Kv> => {
  const { createMainHost } = await import("@rockpool/host/main");
  const host = createMainHost(typeof indexedDB === "undefined" ? "memory" : "indexeddb");
  return connectKv(open, host);
};

/** Rejects when the worker cannot start: Comlink alone would wait for ever. */
const startFailure = (worker: Worker, bucket: string): Promise<never> =>
  new Promise((_resolve, reject) => {
    const fail = (why: string): void =>
      reject(new KvError("unavailable", `the worker of bucket "${bucket}" did not start: ${why}`));
    worker.addEventListener("error", (event) => fail(event.message || "its script could not be loaded"), {
      once: true,
    });
    const timer = setTimeout(() => fail(`no answer within ${startMsMax} ms`), startMsMax);
    worker.addEventListener("message", () => clearTimeout(timer), { once: true });
  });
