/**
 * The environment of browsers, workers and Node 24: the one place in which a host meets the platform.
 * Everything else takes what is here as a parameter.
 */
import { KvError } from "@rockpool/model";
import type { HostChannel, HostEnvironment, HostSocket, SocketEvents } from "./environment.ts";

/** @throws KvError "unavailable" where the platform has no Web Locks or no BroadcastChannel */
export const platformEnvironment = (): HostEnvironment => {
  if (globalThis.navigator?.locks === undefined || globalThis.BroadcastChannel === undefined) {
    throw new KvError(
      "unavailable",
      "this platform has no Web Locks or no BroadcastChannel, which Rockpool needs; in a browser, serve the page over https or from localhost",
    );
  }
  return {
    now: () => Date.now(),
    random: () => Math.random(),
    drawId,
    locks: navigator.locks,
    openChannel,
    openSocket,
    setTimer,
    onWake,
  };
};

/** 128 random bits as 32 hex digits. */
const drawId = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );

const openChannel = (name: string): HostChannel => {
  const channel = new BroadcastChannel(name);
  const host: HostChannel = {
    post: (message) => channel.postMessage(message),
    onMessage: null,
    close: () => channel.close(),
  };
  channel.onmessage = ({ data }) => host.onMessage?.(data);
  letProcessEnd(channel);
  return host;
};

/** Close codes that say a reconnection will not help, as y-websocket has them. */
const isPermanentCode = (code: number): boolean => code >= 4400 && code < 4500;

const openSocket = (url: string, { onOpen, onFrame, onClose }: SocketEvents): HostSocket => {
  const socket = new WebSocket(url);
  socket.onopen = onOpen;
  socket.onmessage = ({ data }) => {
    if (typeof data === "string") onFrame(data);
  };
  socket.onclose = ({ code, reason }) =>
    onClose(isPermanentCode(code), reason || `the connection to ${url} closed (${code})`);
  return {
    send: (frame) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(frame);
    },
    unsentBytes: () => socket.bufferedAmount,
    close: () => {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    },
  };
};

const setTimer = (callback: () => void, delayMs: number, use?: "awaited"): (() => void) => {
  const timer = setTimeout(callback, delayMs);
  if (use !== "awaited") letProcessEnd(timer);
  return () => clearTimeout(timer);
};

/** In Node a timer and a channel keep the process alive unless they are told not to. */
const letProcessEnd = (held: unknown): void => {
  if (typeof held === "object" && held !== null && "unref" in held && typeof held.unref === "function") {
    held.unref();
  }
};

/** How often the clock is looked at, in ms. */
const tickMs = 5000;
/** A tick that comes so much too late tells of a sleep, in ms. */
const lateMsMin = 10_000;

/** The network is back, or this thread was frozen or its device asleep: no event tells a worker of that. */
const onWake = (callback: () => void): (() => void) => {
  let tickedAtMs = Date.now();
  const ticks = setInterval(() => {
    const lateMs = Date.now() - tickedAtMs - tickMs;
    tickedAtMs = Date.now();
    if (lateMs >= lateMsMin) callback();
  }, tickMs);
  letProcessEnd(ticks);
  globalThis.addEventListener?.("online", callback);
  return () => {
    clearInterval(ticks);
    globalThis.removeEventListener?.("online", callback);
  };
};
