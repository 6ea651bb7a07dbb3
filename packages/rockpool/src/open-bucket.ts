/**
 * What all ways of opening a bucket share: the options are checked, a host is started where it
 * belongs and connected to. How a worker is made is left to the entries of this package.
 */
import type { HostApi, HostOpenOptions } from "@rockpool/host";
import { KvError } from "@rockpool/model";
import { wrap } from "comlink";
import { privateName } from "./bucket-name.ts";
import { connectKv } from "./connect-kv.ts";
import type { Kv } from "./kv.ts";
import { hostOptions, type OpenOptions } from "./open-options.ts";
import { currentPlatform, engineOn, placementOn } from "./place.ts";
import { askToPersist } from "./storage.ts";
import type { MainStorage } from "./thread-host.ts";

/** Longest wait for the worker's first answer, in ms. */
const startMsMax = 10_000;

/** Opens a bucket with whatever `connect` connects to. @throws as `openKv` */
export const openBucket = async (
  name: string,
  options: OpenOptions,
  connect: (open: HostOpenOptions) => Promise<Kv>,
): Promise<Kv> => {
  const open = hostOptions(name, options);
  const kv = await (options.folder === undefined ? connect(open) : connectFolder(open, options));
  if (options.persist === true) void askToPersist();
  return kv;
};

/** Connects to a host in a worker where there can be one, unless the options say where. */
export const connectHost = async (
  open: HostOpenOptions,
  options: OpenOptions,
  startWorker: () => Worker,
): Promise<Kv> => {
  const { placement = "auto", worker } = options;
  const isThread = open.bucket === privateName || placementOn(placement, currentPlatform()) === "main";
  if (isThread) return connectThread(open, options, await loadMainHost());
  return orInMemory(open, options, loadMainHost, () => connectWorker(open, options, worker ?? startWorker));
};

/** Connects to a host on this thread: over IndexedDB where there is one, else in memory. */
export const connectThread = (
  open: HostOpenOptions,
  options: OpenOptions,
  createMainHost: CreateMainHost,
): Promise<Kv> => {
  if (open.bucket === privateName) return connectMemory(open, options, createMainHost("private"));
  return orInMemory(
    open,
    options,
    async () => createMainHost,
    async () => {
      const engine = engineOn(currentPlatform());
      const api = createMainHost(engine);
      if (engine === "memory") return connectMemory(open, options, api);
      return connectKv(open, api, { engine, ...pageOptions(options) });
    },
  );
};

/** Connects to a host on this thread, over a folder of Node's. */
const connectFolder = (open: HostOpenOptions, options: OpenOptions): Promise<Kv> =>
  orInMemory(open, options, loadMainHost, async () => {
    const { createFolderHost } = await import("#folder");
    const { api, file } = await createFolderHost(open.bucket, options);
    return connectKv({ ...open, database: file }, api, { engine: "sqlite", ...pageOptions(options) });
  });

/** Pages with a worker load none of it. */
const loadMainHost = async (): Promise<CreateMainHost> => (await import("./thread-host.ts")).createMainHost;

type CreateMainHost = (storage: MainStorage) => HostApi;

/** Connects as `connect` does; where storage cannot be had, to a host in memory if the app wants that. */
const orInMemory = async (
  open: HostOpenOptions,
  options: OpenOptions,
  loadMainHost: () => Promise<CreateMainHost>,
  connect: () => Promise<Kv>,
): Promise<Kv> => {
  try {
    return await connect();
  } catch (error) {
    const isUnavailable = error instanceof KvError && error.code === "unavailable";
    if (options.fallback !== "memory" || !isUnavailable) throw error;
    // Of this tab alone: others must not take its locks and notices for those of what they have.
    const own = { ...open, database: `${open.database}:${crypto.randomUUID()}` };
    return connectMemory(own, options, (await loadMainHost())("private"), error);
  }
};

const connectMemory = (
  open: HostOpenOptions,
  options: OpenOptions,
  api: HostApi,
  fallback: KvError | null = null,
): Promise<Kv> => connectKv(open, api, { engine: "memory", fallback, ...pageOptions(options) });

type PageOptions = Pick<OpenOptions, "secrets" | "confirm" | "onConflict" | "token">;

/** What the page keeps to itself: the host needs none of it. */
const pageOptions = ({ secrets, confirm, onConflict, token }: OpenOptions): PageOptions => ({
  ...(token === undefined ? {} : { token }),
  ...(secrets === undefined ? {} : { secrets }),
  ...(confirm === undefined ? {} : { confirm }),
  ...(onConflict === undefined ? {} : { onConflict }),
});

const connectWorker = async (
  open: HostOpenOptions,
  options: OpenOptions,
  start: () => Worker,
): Promise<Kv> => {
  const worker = start();
  try {
    return await connectKv(open, wrap<HostApi>(worker) as unknown as HostApi, {
      engine: "indexeddb",
      placement: "worker",
      ...pageOptions(options),
      failure: startFailure(worker, open.bucket),
      release: () => worker.terminate(),
    });
  } catch (error) {
    worker.terminate();
    throw error;
  }
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
