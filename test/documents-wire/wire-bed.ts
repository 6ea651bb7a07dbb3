/**
 * For tests of the y-websocket endpoint: a relay whose tokens are names of grants, sockets by hand, and
 * commits as a replica pushes them.
 */
import { once } from "node:events";
import { createStamp, packKey, type CommitResult, type Key, type Mutation } from "@rockpool/model";
import { decodeDown, encodeUp, protocolVersion } from "@rockpool/protocol";
import {
  openMemoryEngine,
  startRelay,
  UnauthorizedError,
  type Engine,
  type Grant,
  type Relay,
  type RelayOptions,
} from "@rockpool/relay";
import { WebSocket } from "ws";

export const everything: readonly Key[] = [[]];

export const grantTo = (subject: string, options: Partial<Grant> = {}): Grant => ({
  subject,
  read: everything,
  write: everything,
  expiresAt: null,
  ...options,
});

export const openRelay = async (options: Partial<RelayOptions> = {}): Promise<Relay> =>
  startRelay({ engine: await openMemoryEngine(), port: 0, ...options });

/** A relay whose tokens are the names of these grants. */
export const openGrantingRelay = (
  grants: Readonly<Record<string, Grant>>,
  options: Partial<RelayOptions> = {},
): Promise<Relay> =>
  openRelay({
    ...options,
    authenticate: (token = "none") => {
      const grant = grants[token];
      return grant === undefined
        ? Promise.reject(new UnauthorizedError(`nobody is called ${token}`))
        : Promise.resolve(grant);
    },
  });

/** An engine whose rulings, which are carried out, are told when the returned function is called. */
export const holdRulings = (engine: Engine): (() => void) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const rule = engine.rule.bind(engine);
  engine.rule = async (...parameters) => {
    const ruled = await rule(...parameters);
    await promise;
    return ruled;
  };
  return resolve;
};

let commits = 0;

/** Pushes a commit of these mutations as a replica of its own, and waits for what became of it. */
export const pushCommit = async (
  url: string,
  bucket: string,
  mutations: readonly Mutation[],
  token?: string,
): Promise<CommitResult> => {
  const socket = new WebSocket(url);
  await once(socket, "open");
  const host = `plain${++commits}`;
  const clockMs = Date.now();
  const protocol = { min: protocolVersion, max: protocolVersion };
  const hello = { bucket, replica: host, epoch: null, cursor: 0, follow: [packKey([])], clockMs, protocol };
  const commit = {
    name: { host, n: 1 },
    tag: host,
    stamp: createStamp(clockMs, 0, host),
    checks: [],
    mutations,
  };
  socket.send(encodeUp([{ type: "hello", ...hello, ...(token === undefined ? {} : { token }) }]));
  await once(socket, "message");
  const { promise, resolve, reject } = Promise.withResolvers<CommitResult>();
  socket.on("message", (data: Buffer) => {
    for (const message of decodeDown(data.toString())) {
      if (message.type === "ruled" && message.results[0] !== undefined) resolve(message.results[0]);
      if (message.type === "error") reject(new Error(message.message));
    }
  });
  socket.send(encodeUp([{ type: "push", commits: [commit] }]));
  try {
    return await promise;
  } finally {
    socket.terminate();
  }
};

/** Sends frames by hand; the code and the reason of the close. */
export const closeOf = async (
  url: string,
  ...frames: readonly (string | Uint8Array)[]
): Promise<readonly [code: number, reason: string]> => {
  const socket = new WebSocket(url);
  const closed = once(socket, "close") as Promise<[number, Buffer]>;
  await once(socket, "open");
  for (const frame of frames) socket.send(frame);
  const [code, reason] = await closed;
  return [code, reason.toString()];
};
