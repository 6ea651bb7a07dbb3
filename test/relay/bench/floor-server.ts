/**
 * What a relay cannot be faster than: ws, one node:sqlite transaction (WAL, FULL) for all that
 * arrived in a turn, one shared frame to the others, and nothing else: no names, no stamps, no checks.
 * A program: prints its port; its argument is the file.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { DatabaseSync } from "node:sqlite";
import { WebSocketServer, type WebSocket } from "ws";

interface Write {
  readonly id: number;
  readonly key: string;
  readonly value: string;
}

const database = new DatabaseSync(process.argv[2] ?? ":memory:");
database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4096");
database.exec("CREATE TABLE entries (key TEXT PRIMARY KEY, value TEXT, revision INTEGER) WITHOUT ROWID");
const put = database.prepare("INSERT OR REPLACE INTO entries VALUES (?, ?, ?)");

const sockets = new Set<WebSocket>();
let queue: { socket: WebSocket; writes: readonly Write[] }[] = [];
let revision = 0;

const flush = (): void => {
  const turn = queue;
  queue = [];
  database.exec("BEGIN");
  for (const { writes } of turn) for (const { key, value } of writes) put.run(key, value, ++revision);
  database.exec("COMMIT");
  const news = Buffer.from(JSON.stringify({ to: revision, entries: turn.flatMap(({ writes }) => writes) }));
  const acks = new Map<WebSocket, number[]>();
  for (const { socket, writes } of turn) {
    acks.set(socket, [...(acks.get(socket) ?? []), ...writes.map(({ id }) => id)]);
  }
  for (const [socket, ids] of acks) socket.send(JSON.stringify({ acks: ids }));
  for (const socket of sockets) if (sockets.size > 1) socket.send(news, { binary: false });
};

const server = createServer();
new WebSocketServer({ server, perMessageDeflate: false }).on("connection", (socket) => {
  sockets.add(socket);
  socket.on("close", () => sockets.delete(socket));
  socket.on("message", (data: Buffer) => {
    if (queue.length === 0) setImmediate(flush);
    queue.push({ socket, writes: JSON.parse(data.toString()) as readonly Write[] });
  });
});
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`ws://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
