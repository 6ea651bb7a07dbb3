#!/usr/bin/env node
/**
 * The relay as a program: one SQLite file, one address, until SIGTERM or SIGINT; then it rules on
 * what was pushed, tells its sessions, and ends. A second signal ends it at once.
 * Prints its address to stdout, faults as JSON lines to stderr.
 */
import { parseArgs } from "node:util";
import { openSqliteEngine } from "./sqlite-engine.ts";
import { startRelay } from "./server.ts";

const usage = `Usage: rockpool-relay [--host 127.0.0.1] [--port 8787] [--data rockpool.sqlite]

  --host  address to listen on; loopback only, as long as there is no authentication
  --port  port to listen on; 0 takes a free one
  --data  file that keeps everything, made if there is none
  --help  this text
`;

const readSettings = (): { host: string; port: number; data: string } | undefined => {
  const { values } = parseArgs({
    options: {
      host: { type: "string", default: "127.0.0.1" },
      port: { type: "string", default: "8787" },
      data: { type: "string", default: "rockpool.sqlite" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`--port ${values.port} is not a number from 0 to 65535`);
  }
  return { host: values.host, port, data: values.data };
};

const logError = (error: unknown): void => {
  const message = error instanceof Error ? error.message : String(error);
  console.error(JSON.stringify({ level: "error", time: new Date().toISOString(), message }));
};

const main = async (): Promise<void> => {
  const settings = readSettings();
  if (settings === undefined) {
    console.log(usage);
    return;
  }
  const engine = await openSqliteEngine(settings.data);
  const relay = await startRelay({ host: settings.host, port: settings.port, engine, onError: logError });
  console.log(`Rockpool relay listens on ${relay.url} and keeps its data in ${settings.data}`);
  let isEnding = false;
  const end = (): void => {
    if (isEnding) process.exit(1);
    isEnding = true;
    relay.close().then(() => process.exit(0), failWith);
  };
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
};

const failWith = (error: unknown): never => {
  logError(error);
  process.exit(1);
};

await main().catch(failWith);
