/**
 * A server for y-websocket as its reference server works: every document whole in memory, nothing written down. Sync
 * and awareness messages of y-protocols. A program: prints its address.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { WebSocketServer, type WebSocket } from "ws";
import * as awarenessProtocol from "y-protocols/awareness";
import * as syncProtocol from "y-protocols/sync";
import * as Y from "yjs";

const messageSync = 0;
const messageAwareness = 1;

interface Room {
  readonly document: Y.Doc;
  readonly awareness: awarenessProtocol.Awareness;
  readonly sockets: Set<WebSocket>;
}

const rooms = new Map<string, Room>();

const framed = (type: number, write: (encoder: encoding.Encoder) => void): Uint8Array => {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, type);
  write(encoder);
  return encoding.toUint8Array(encoder);
};

const openRoom = (): Room => {
  const document = new Y.Doc();
  const room = {
    document,
    awareness: new awarenessProtocol.Awareness(document),
    sockets: new Set<WebSocket>(),
  };
  const sendAll = (frame: Uint8Array): void => {
    for (const socket of room.sockets) socket.send(frame);
  };
  room.awareness.setLocalState(null);
  document.on("update", (update: Uint8Array) =>
    sendAll(framed(messageSync, (encoder) => syncProtocol.writeUpdate(encoder, update))),
  );
  room.awareness.on("update", ({ added, updated, removed }: Record<string, readonly number[]>) => {
    const clients = [...(added ?? []), ...(updated ?? []), ...(removed ?? [])];
    const update = awarenessProtocol.encodeAwarenessUpdate(room.awareness, clients);
    sendAll(framed(messageAwareness, (encoder) => encoding.writeVarUint8Array(encoder, update)));
  });
  return room;
};

const receive = ({ document, awareness }: Room, socket: WebSocket, data: Buffer): void => {
  const decoder = decoding.createDecoder(new Uint8Array(data));
  switch (decoding.readVarUint(decoder)) {
    case messageSync: {
      const answer = encoding.createEncoder();
      encoding.writeVarUint(answer, messageSync);
      syncProtocol.readSyncMessage(decoder, answer, document, socket);
      if (encoding.length(answer) > 1) socket.send(encoding.toUint8Array(answer));
      break;
    }
    case messageAwareness:
      awarenessProtocol.applyAwarenessUpdate(awareness, decoding.readVarUint8Array(decoder), socket);
      break;
    default:
      socket.close(4400);
  }
};

const server = createServer();
new WebSocketServer({ server, perMessageDeflate: false }).on("connection", (socket, { url = "/" }) => {
  const room = rooms.get(url) ?? openRoom();
  rooms.set(url, room);
  room.sockets.add(socket);
  socket.on("message", (data: Buffer) => receive(room, socket, data));
  socket.on("close", () => room.sockets.delete(socket));
  socket.send(framed(messageSync, (encoder) => syncProtocol.writeSyncStep1(encoder, room.document)));
});
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`ws://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
