/**
 * Starts a relay: an HTTP server that answers health checks and takes WebSockets, greets each
 * session, and gives it to the hub of its bucket. As long as it asks for no tokens it listens on
 * loopback alone, and takes browsers' sockets from pages of this machine alone.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { isIPv6, type AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { KvError } from "@rockpool/model";
import { WebSocketServer } from "ws";
import type { Authenticate } from "./access.ts";
import type { Engine } from "./engine.ts";
import { isLoopbackHost, isLoopbackOrigin } from "./loopback.ts";
import { RelayMetrics } from "./metrics.ts";
import { createRelayConfig, type RelayConfig } from "./relay-config.ts";
import { RelayCore } from "./relay-core.ts";
import { isYPath } from "./y-websocket/y-address.ts";
import { YServerSocket } from "./y-websocket/y-socket.ts";

export interface RelayOptions extends Partial<RelayConfig> {
  /** Closed with the relay. */
  readonly engine: Engine;
  /** Says what a token stands for; `createJwtAuthenticator` makes one. Without it everybody may do everything. */
  readonly authenticate?: Authenticate | undefined;
  /** Default "127.0.0.1". Loopback only, without `authenticate`. */
  readonly host?: string;
  /** Default 8787; 0 takes a free one. */
  readonly port?: number;
  /** The relay's clock, in ms since 1970. */
  readonly now?: () => number;
  /** Hears of faults of the engine and of `authenticate`; sessions are told on their own. */
  readonly onError?: (error: unknown) => void;
}

export interface Relay extends AsyncDisposable {
  /** `ws://host:port`. */
  readonly url: string;
  readonly port: number;
  /**
   * Asks `authenticate` again what the tokens of open sessions stand for, of one subject or of all:
   * call it when rights were granted or withdrawn. Sessions that they change for come back at once.
   */
  recheck(subject?: string): Promise<void>;
  /** Rules on what was pushed, tells every session, closes sockets and engine. Closing twice is harmless. */
  close(): Promise<void>;
}

/** What a message of y-websocket has besides its update, in bytes, at most. */
const yHeadBytes = 64;

/** How long sockets may take to say goodbye, in ms. */
const goodbyeMsMax = 1000;

/** @throws KvError "unsupported" for an address that others can reach; what `listen` throws. */
export const startRelay = async (options: RelayOptions): Promise<Relay> => {
  const {
    engine,
    authenticate,
    host = "127.0.0.1",
    port = 8787,
    now = Date.now,
    onError = () => undefined,
    ...rest
  } = options;
  if (authenticate === undefined && !isLoopbackHost(host)) {
    throw new KvError(
      "unsupported",
      `A relay that asks for no tokens listens on loopback only, not on "${host}": give it \`authenticate\` (createJwtAuthenticator), the program --jwt-secret-file or ROCKPOOL_JWT_SECRET, or use 127.0.0.1`,
    );
  }
  const config = createRelayConfig(rest);
  const metrics = new RelayMetrics();
  const server = createServer((request, response) => answerRequest(request, response, metrics));
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: config.frameBytesMax,
  });
  const ySockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    WebSocket: YServerSocket,
    maxPayload: config.limits.valueBytesMax + yHeadBytes,
  });
  const core = new RelayCore({ engine, authenticate, config, now, metrics, onError });

  server.on("upgrade", (request, socket, head) => {
    // A page from elsewhere has no token of its own accord, as it would have a cookie.
    if (authenticate === undefined && !isLoopbackOrigin(request.headers.origin)) {
      // It may be gone before it hears; without a listener that would end the process.
      socket.on("error", () => undefined);
      socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    const { url: path = "/" } = request;
    if (isYPath(path)) {
      ySockets.handleUpgrade(request, socket, head, (webSocket) => core.acceptY(webSocket, path));
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => core.accept(webSocket));
  });
  await listen(server, host, port);
  const heartbeat = setInterval(() => core.checkLife(), config.pingMs).unref();
  const sweeper = setInterval(() => void core.sweep(), config.sweepMs).unref();

  const shutDown = async (): Promise<void> => {
    clearInterval(heartbeat);
    clearInterval(sweeper);
    const closed = once(server, "close");
    server.close();
    await core.dismiss();
    await Promise.race([closed, delay(goodbyeMsMax, undefined, { ref: false })]);
    core.terminate();
    await engine.close();
  };
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= shutDown());
  const { address, port: boundPort } = server.address() as AddressInfo;
  const url = `ws://${isIPv6(address) ? `[${address}]` : address}:${boundPort}`;
  const recheck = (subject?: string): Promise<void> => core.recheck(subject);
  return { url, port: boundPort, recheck, close, [Symbol.asyncDispose]: close };
};

const listen = async (server: Server, host: string, port: number): Promise<void> => {
  server.listen(port, host);
  // Rejects with what "error" brings, such as EADDRINUSE.
  await once(server, "listening");
};

const answerRequest = (
  { url = "" }: IncomingMessage,
  response: ServerResponse,
  metrics: RelayMetrics,
): void => {
  const answers: Readonly<Record<string, string>> = { "/healthz": "ok\n", "/metrics": String(metrics) };
  const answer = Object.hasOwn(answers, url) ? answers[url] : undefined;
  response.writeHead(answer === undefined ? 404 : 200, { "content-type": "text/plain; charset=utf-8" });
  const other = "This is a Rockpool relay: connect with a WebSocket, or ask /healthz or /metrics\n";
  response.end(answer ?? other);
};
