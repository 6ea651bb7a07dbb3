/**
 * The part of a service worker's global scope that the board uses. TypeScript's `webworker` library has all of it,
 * but cannot be loaded beside `dom` in one program.
 * @see https://developer.mozilla.org/en-US/docs/Web/API/ServiceWorkerGlobalScope
 */

/** The files of a built board, as the build lists them (precache.ts). */
export interface Shell {
  /** A digest of the files: another shell, another version. */
  readonly version: string;
  /** Paths relative to the service worker. */
  readonly files: readonly string[];
}

interface LifetimeEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}

interface FetchEvent extends LifetimeEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}

interface ScopeEventMap {
  readonly install: LifetimeEvent;
  readonly activate: LifetimeEvent;
  readonly fetch: FetchEvent;
  readonly message: MessageEvent<unknown>;
}

export interface ServiceWorkerScope {
  readonly registration: { readonly scope: string };
  readonly clients: { claim(): Promise<void> };
  /** Put in front of the script by the build. */
  readonly rockpoolShell: Shell;
  skipWaiting(): Promise<void>;
  addEventListener<Type extends keyof ScopeEventMap>(
    type: Type,
    listener: (event: ScopeEventMap[Type]) => void,
  ): void;
}
