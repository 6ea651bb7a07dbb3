/**
 * The backend behind `@forge/kvs`: takes the requests that the SDK makes, and answers as the platform
 * does, out of a bucket. What the bucket itself cannot do is answered as 503, by the KvError's code.
 */
import { type CommitOptions, type Kv, KvError, openKv, type OpenOptions } from "rockpool";
import type { Backend, SecretPlace } from "./backend.ts";
import { type EntityDeclaration, readEntities } from "./entity-schema.ts";
import { bytesOf } from "./json.ts";
import { KeyedQueue } from "./keyed-queue.ts";
import { invalidRequest, Refusal, statusTexts } from "./refusal.ts";
import { type Route, routeByPath } from "./routes.ts";
import { StaleEntries } from "./stale-entries.ts";

interface BackendOptions {
  /** `app.storage.entities` of the app's manifest. Default: none. */
  readonly entities?: readonly EntityDeclaration[];
  /** Where secrets are kept. Default: the bucket's own, which stay on this device unless it was opened otherwise. */
  readonly secrets?: SecretPlace;
  /**
   * What FAIL_IF_EXISTS and transactions with conditions wait for; with "relay" two devices that race
   * have one winner, and a device that is offline is refused. Default: as the bucket was opened with.
   */
  readonly confirm?: CommitOptions["confirm"];
}

/** An open bucket, which stays its opener's to close, or one to be opened at the first request. */
export type ForgeKvsOptions = BackendOptions &
  (
    | { readonly kv: Kv | Promise<Kv> | (() => Kv | Promise<Kv>) }
    | { readonly name: string; readonly options?: OpenOptions }
  );

/** What the SDK gives beside a path. */
export interface ForgeRequest {
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ForgeKvs extends AsyncDisposable {
  /** Answers a request as the platform does, errors too. @throws what is neither the app's fault nor the bucket's */
  handle(path: string, request?: ForgeRequest): Promise<Response>;
  /** Closes the bucket if it was opened here. Harmless when closed already. */
  close(): Promise<void>;
}

/** Opens nothing yet. @throws TypeError for entities that no manifest may declare */
export const createForgeKvs = (options: ForgeKvsOptions): ForgeKvs => new BucketBackend(options);

class BucketBackend implements ForgeKvs {
  readonly #options: ForgeKvsOptions;
  readonly #parts: Pick<Backend, "schemas" | "confirm" | "queue" | "stale">;
  #opening: Promise<Kv> | undefined;
  #isClosed = false;

  constructor(options: ForgeKvsOptions) {
    const { entities = [] } = options;
    const { confirm = "name" in options ? options.options?.confirm : undefined } = options;
    if (confirm !== undefined && confirm !== "relay" && confirm !== "local") {
      throw new TypeError(`confirm must be "relay" or "local": received ${String(confirm)}`);
    }
    this.#options = options;
    const source = "kv" in options ? options.kv : undefined;
    if (source instanceof Promise) {
      source.catch(() => {
        // The first call tells of it.
      });
    }
    this.#parts = {
      schemas: readEntities(entities),
      confirm,
      queue: new KeyedQueue(),
      stale: new StaleEntries(),
    };
  }

  async handle(path: string, request: ForgeRequest = {}): Promise<Response> {
    try {
      const { route, body, bodyBytes } = readRequest(path, request);
      const kv = await this.#open();
      const backend = { ...this.#parts, kv, secrets: this.#options.secrets ?? kv.secrets };
      return answer(200, await route(backend, body, bodyBytes));
    } catch (error) {
      if (error instanceof Refusal) return refuse(error.status, error.code, error.message);
      if (error instanceof KvError) {
        const code = error.code.toUpperCase().replaceAll("-", "_");
        return refuse(503, code, error.message, { kvErrorCode: error.code });
      }
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const opening = "kv" in this.#options ? undefined : this.#opening;
    this.#opening = undefined;
    // A bucket that did not open needs no closing; the request that asked for it was told.
    await (await opening?.catch(() => undefined))?.[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #open(): Promise<Kv> {
    if (this.#isClosed) throw new KvError("closed", "this Forge backend was closed: make another");
    const opening = (this.#opening ??= this.#openKv());
    try {
      return await opening;
    } catch (error) {
      // The next request tries again.
      if (this.#opening === opening) this.#opening = undefined;
      throw error;
    }
  }

  async #openKv(): Promise<Kv> {
    const options = this.#options;
    if (!("kv" in options)) return openKv(options.name, options.options);
    return typeof options.kv === "function" ? options.kv() : options.kv;
  }
}

const readRequest = (
  path: string,
  { body = "{}" }: ForgeRequest,
): { readonly route: Route; readonly body: unknown; readonly bodyBytes: number } => {
  const route = routeByPath.get(path);
  if (route === undefined) throw new Refusal(404, "NOT_FOUND", `There is no ${path} in Forge KVS.`);
  try {
    return { route, body: JSON.parse(body) as unknown, bodyBytes: bytesOf(body) };
  } catch {
    throw invalidRequest("The body is no JSON.");
  }
};

const refuse = (status: number, code: string, message: string, context?: object): Response =>
  answer(status, { code, message, ...(context === undefined ? {} : { context }) });

const answer = (status: number, body: unknown): Response => {
  const isEmpty = body === undefined;
  const given = isEmpty ? 204 : status;
  return new Response(isEmpty ? null : JSON.stringify(body), {
    status: given,
    statusText: statusTexts.get(given) ?? "",
    headers: isEmpty ? {} : { "content-type": "application/json" },
  });
};
