/**
 * Which bucket the board opens, and which relay it syncs with: from the address of the page, else from the
 * `config.json` beside it (written by the build, kept for offline use by the service worker), else the relay's
 * usual port on the host that served the page.
 */

export interface Settings {
  readonly bucket: string;
  /** Undefined for a board that stays on this device (`?relay=off`). */
  readonly relay: string | undefined;
}

const relayPort = 8787;

export const readSettings = async (
  address: URL,
  fetchConfig: () => Promise<unknown> = fetchConfigFile,
): Promise<Settings> => {
  const bucket = address.searchParams.get("bucket") || "board";
  const relay = address.searchParams.get("relay") || relayOf(await fetchConfig()) || usualRelay(address);
  return { bucket, relay: relay === "off" ? undefined : relay };
};

const usualRelay = ({ protocol, hostname }: URL): string =>
  `${protocol === "https:" ? "wss" : "ws"}://${hostname}:${relayPort}`;

const relayOf = (config: unknown): string | undefined =>
  typeof config === "object" && config !== null && "relay" in config && typeof config.relay === "string"
    ? config.relay
    : undefined;

const fetchConfigFile = async (): Promise<unknown> => {
  try {
    const response = await fetch("config.json", { signal: AbortSignal.timeout(3000) });
    return response.ok ? await response.json() : undefined;
  } catch {
    // Not there, not JSON, or no network and no copy: the usual relay it is.
    return undefined;
  }
};
