/** Rockpool's log in an SQLite file. */
export { destroySqliteFile, sqliteFileBytes } from "./file-ends.ts";
export { openSqliteLog, type SqliteLogOptions } from "./sqlite-log.ts";
export { openSecretRows, type SecretRows } from "./secret-rows.ts";
