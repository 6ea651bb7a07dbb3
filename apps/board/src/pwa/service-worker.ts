/**
 * Keeps the shell of the board (page, scripts, styles, the worker of Rockpool) so that it opens without a network.
 * The data is none of its business: that is in the bucket. A new version waits until the page says that the person
 * wants it, since tabs with the old one may be open.
 */
import type { ServiceWorkerScope } from "./service-worker-scope.ts";

const scope = self as unknown as ServiceWorkerScope;
const cachePrefix = "rockpool-board-";
const shellCache = `${cachePrefix}${scope.rockpoolShell.version}`;
/** Outlives versions: what the server said last about the relay. */
const configCache = `${cachePrefix}config`;
const addressOf = (path: string): string => new URL(path, scope.registration.scope).href;
const pageAddress = addressOf("index.html");
const configAddress = addressOf("config.json");
/** How long the server may take for config.json, in ms, before the copy is used. */
const configMsMax = 1500;

scope.addEventListener("install", (event) => event.waitUntil(keepShell()));
scope.addEventListener("activate", (event) =>
  event.waitUntil(dropOldShells().then(() => scope.clients.claim())),
);
scope.addEventListener("message", ({ data }) => {
  if (data === "activate") void scope.skipWaiting();
});
scope.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(scope.registration.scope)) return;
  const { origin, pathname } = new URL(request.url);
  const address = origin + pathname;
  if (address === configAddress) event.respondWith(fetchConfig(request));
  else if (address === scope.registration.scope) event.respondWith(fromShell(pageAddress, request));
  else event.respondWith(fromShell(address, request));
});

const keepShell = async (): Promise<void> => {
  const cache = await caches.open(shellCache);
  // Past the HTTP cache: a page from yesterday would name scripts that are no longer there.
  await cache.addAll(
    scope.rockpoolShell.files.map((file) => new Request(addressOf(file), { cache: "reload" })),
  );
  await fetchConfig(new Request(configAddress)).catch(() => {
    // A server without config.json is one too.
  });
};

const dropOldShells = async (): Promise<void> => {
  const names = (await caches.keys()).filter((name) => name.startsWith(cachePrefix));
  await Promise.all(
    names.filter((name) => name !== shellCache && name !== configCache).map((name) => caches.delete(name)),
  );
};

const fromShell = async (address: string, request: Request): Promise<Response> =>
  (await (await caches.open(shellCache)).match(address)) ?? fetch(request);

/** The server's answer, or in its absence the last one. */
const fetchConfig = async (request: Request): Promise<Response> => {
  const cache = await caches.open(configCache);
  try {
    const response = await fetch(request, { cache: "no-store", signal: AbortSignal.timeout(configMsMax) });
    if (response.ok) await cache.put(configAddress, response.clone());
    return response;
  } catch (error) {
    const kept = await cache.match(configAddress);
    if (kept === undefined) throw error;
    return kept;
  }
};
