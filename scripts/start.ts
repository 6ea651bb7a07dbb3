// `npm start`: the board, built and served, and beside it a relay that keeps its history in a SQLite file.
// Ports: --port and --board-port, or ROCKPOOL_PORT and ROCKPOOL_BOARD_PORT, or 8787 and 5173. All that it writes goes
// into one folder: --data, or .rockpool.
import { mkdirSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openSqliteEngine, startRelay } from "@rockpool/relay";
import { build } from "vite";
import { serveFolder } from "./serve-folder.ts";

const host = "127.0.0.1";
const root = fileURLToPath(new URL("..", import.meta.url));
const boardFolder = join(root, "apps/board");

interface PortSetting {
  readonly what: string;
  readonly flag: string;
  readonly variable: string;
  readonly port: number;
}

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      port: { type: "string" },
      "board-port": { type: "string" },
      data: { type: "string", default: join(root, ".rockpool") },
    },
  });
  const relayPort = readPort("the relay", "port", "ROCKPOOL_PORT", values.port, 8787);
  const boardPort = readPort("the board", "board-port", "ROCKPOOL_BOARD_PORT", values["board-port"], 5173);

  await using stack = new AsyncDisposableStack();
  const stop = stopSignal(stack);

  const dataFolder = resolve(values.data);
  const historyFile = join(dataFolder, "relay.sqlite");
  const siteFolder = join(dataFolder, "board");
  mkdirSync(dataFolder, { recursive: true });
  const engine = await openSqliteEngine(historyFile);
  const relay = await listen(relayPort, () => startRelay({ host, port: relayPort.port, engine }));
  stack.defer(() => relay.close());

  console.log("Building the board …");
  process.env["VITE_ROCKPOOL_RELAY"] = relay.url;
  await build({ root: boardFolder, logLevel: "warn", build: { outDir: siteFolder } });
  const board = await listen(boardPort, () => serveFolder(siteFolder, host, boardPort.port));
  stack.defer(() => board.close());

  console.log(
    `\nBoard  ${board.url}\nRelay  ${relay.url}  (history in ${relative(process.cwd(), historyFile)})`,
  );
  console.log("Open the board in two tabs or two browsers. Ctrl-C stops both.\n");
  await stop;
  console.log("Stopped.");
};

const readPort = (
  what: string,
  flag: string,
  variable: string,
  flagText: string | undefined,
  portDefault: number,
): PortSetting => {
  const text = flagText ?? process.env[variable] ?? String(portDefault);
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new StartError(
      `Port "${text}" of ${what} (--${flag}, ${variable}) is not a number from 0 to 65535.`,
    );
  }
  return { what, flag, variable, port };
};

/** Starts a server, and turns "address in use" into what a person can do about it. */
const listen = async <Server>(setting: PortSetting, start: () => Promise<Server>): Promise<Server> => {
  try {
    return await start();
  } catch (error) {
    if (!isPortBusy(error)) throw error;
    const { what, flag, variable, port } = setting;
    throw new StartError(
      `Port ${port} for ${what} is taken by another program, perhaps a Rockpool that still runs.\n` +
        `Stop that program, or choose another port: ${variable}=${port + 1} npm start, ` +
        `or npm start -- --${flag} ${port + 1}`,
      { cause: error },
    );
  }
};

const isPortBusy = (error: unknown): boolean =>
  error instanceof Error && (("code" in error && error.code === "EADDRINUSE") || isPortBusy(error.cause));

/** Settles on the first signal to stop. */
const stopSignal = (stack: AsyncDisposableStack): Promise<void> =>
  new Promise((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
    // A SIGTERM to npm ends npm and its shell, and neither passes it on: a parent that is gone is taken for one.
    const parent = process.ppid;
    const timer = setInterval(() => {
      if (process.ppid !== parent) resolve();
    }, 500);
    stack.defer(() => clearInterval(timer));
  });

/** A fault that the person who starts Rockpool can mend: its message is all they need. */
class StartError extends Error {
  override readonly name = "StartError";
}

try {
  await main();
  process.exit(0);
} catch (error) {
  console.error(error instanceof StartError ? `\nRockpool: ${error.message}\n` : error);
  process.exit(1);
}
