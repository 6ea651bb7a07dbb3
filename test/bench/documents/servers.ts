/**
 * The servers that are compared, each in a process of its own: one for y-websocket that holds all in memory, and the
 * relay as people run it, on a file.
 */
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MeasuredServer } from "./measured-server.ts";

export interface ServerOfSide {
  readonly server: MeasuredServer;
  /** Bytes of the server's files, 0 where it keeps none. */
  readonly fileBytes: () => Promise<number>;
}

/** Ended with `cleanup`. */
export const startYWebsocket = async (cleanup: AsyncDisposableStack): Promise<ServerOfSide> => {
  const program = fileURLToPath(new URL("y-websocket-server.ts", import.meta.url));
  const server = cleanup.use(await MeasuredServer.start(program, []));
  return { server, fileBytes: async () => 0 };
};

/** Ended with `cleanup`, and its file with it. */
export const startRelay = async (cleanup: AsyncDisposableStack): Promise<ServerOfSide> => {
  const folder = await mkdtemp(join(tmpdir(), "rockpool-documents-"));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  const program = createRequire(import.meta.url).resolve("@rockpool/relay/cli");
  const args = ["--port", "0", "--data", join(folder, "relay.sqlite")];
  const server = cleanup.use(await MeasuredServer.start(program, args));
  const fileBytes = async (): Promise<number> => {
    const sizes = await Promise.all((await readdir(folder)).map((name) => stat(join(folder, name))));
    return sizes.reduce((sum, { size }) => sum + size, 0);
  };
  return { server, fileBytes };
};
