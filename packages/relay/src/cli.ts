#!/usr/bin/env node
/**
 * The relay as a program: one SQLite file, one address, until SIGTERM or SIGINT; then it rules on
 * what was pushed, tells its sessions, and ends. A second signal ends it at once.
 * Prints its address to stdout, faults as JSON lines to stderr. It also makes and restores backups.
 */
import { createJwtAuthenticator } from "./jwt-authenticator.ts";
import { startRelay } from "./server.ts";
import { readSettings, usage, type Settings } from "./settings.ts";
import { backUpFile, restoreFile } from "./sqlite-backup.ts";
import { openSqliteEngine } from "./sqlite-engine.ts";

const logError = (error: unknown): void => {
  const message = error instanceof Error ? error.message : String(error);
  console.error(JSON.stringify({ level: "error", time: new Date().toISOString(), message }));
};

const failWith = (error: unknown): never => {
  logError(error);
  process.exit(1);
};

const serve = async ({ host, port, data, jwt }: Settings & { command: "serve" }): Promise<void> => {
  const authenticate = jwt === undefined ? undefined : createJwtAuthenticator(jwt);
  const engine = await openSqliteEngine(data, { onDamage: logError });
  const relay = await startRelay({ host, port, engine, authenticate, onError: logError });
  console.log(`Rockpool relay listens on ${relay.url} and keeps its data in ${data}`);
  let isEnding = false;
  const end = (): void => {
    if (isEnding) process.exit(1);
    isEnding = true;
    relay.close().then(() => process.exit(0), failWith);
  };
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
};

const run = async (settings: Settings): Promise<void> => {
  switch (settings.command) {
    case "help":
      return console.log(usage);
    case "serve":
      return serve(settings);
    case "backup":
      backUpFile(settings.data, settings.file);
      return console.log(`${settings.data} was copied to ${settings.file}`);
    case "restore":
      restoreFile(settings.file, settings.data);
      return console.log(`${settings.data} is ${settings.file} now; what it was is beside it as .replaced`);
  }
};

const main = async (): Promise<void> => run(readSettings(process.argv.slice(2), process.env));

await main().catch(failWith);
