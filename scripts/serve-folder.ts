// A small server for the files of one folder, for looking at a built app: what is outside the folder does not exist
// for it, and what a browser must not keep (pages, the service worker) it is told not to keep.
import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, sep } from "node:path";
import { pipeline } from "node:stream/promises";

export interface FolderServer {
  readonly url: string;
  /** Ends open connections too. Closing twice is harmless. */
  close(): Promise<void>;
}

const mimeTypeByExtension: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".jpg": "image/jpeg",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".mjs": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
  ".webp": "image/webp",
  ".woff2": "font/woff2",
};

/** Serves `folder` until closed; port 0 takes a free one. Rejects as `listen` fails, such as with `EADDRINUSE`. */
export const serveFolder = async (folder: string, host: string, port: number): Promise<FolderServer> => {
  const root = await realpath(folder);
  const server = createServer((request, response) => {
    respond(root, request, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : undefined);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const { port: boundPort } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${boundPort}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const respond = async (root: string, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  if (request.method !== "GET" && request.method !== "HEAD") {
    return refuse(response, 405, "Only GET and HEAD are served here.");
  }
  const file = await findFile(root, request.url ?? "/");
  if (file === undefined) return refuse(response, 404, "There is no such file.");
  response.writeHead(200, {
    "Content-Type": mimeTypeByExtension[extname(file.path)] ?? "application/octet-stream",
    "Content-Length": file.bytes,
    "Cache-Control": cacheControlOf(root, file.path),
    "X-Content-Type-Options": "nosniff",
  });
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  await pipeline(createReadStream(file.path), response);
};

/** The file a request means, or undefined: also for a path that leads out of `root`, by dots or by a link. */
const findFile = async (root: string, url: string): Promise<{ path: string; bytes: number } | undefined> => {
  try {
    const { pathname } = new URL(url, "http://folder");
    const name = decodeURIComponent(pathname.endsWith("/") ? `${pathname}index.html` : pathname);
    const path = await realpath(join(root, name));
    const stats = await stat(path);
    return stats.isFile() && path.startsWith(root + sep) ? { path, bytes: stats.size } : undefined;
  } catch {
    // A malformed URL and a missing file are the same to the one who asks.
    return undefined;
  }
};

/** Vite names the files of assets/ by their content, so they never change; everything else is asked for again. */
const cacheControlOf = (root: string, path: string): string =>
  path.startsWith(join(root, "assets") + sep) ? "public, max-age=31536000, immutable" : "no-cache";

const refuse = (response: ServerResponse, status: number, reason: string): void => {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-cache" });
  response.end(`${reason}\n`);
};
