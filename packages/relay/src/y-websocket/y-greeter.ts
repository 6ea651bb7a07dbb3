/**
 * What happens on a stock client's socket before it may say anything: its address read, its token looked
 * at, the bucket opened. Until then nothing is read from it.
 */
import { createScope, isInScope } from "@rockpool/model";
import type { WebSocket } from "ws";
import type { GreeterOptions } from "../greeter.ts";
import type { Attendant, PresenceSeat } from "../presence/presence-room.ts";
import { SessionAccess } from "../session-access.ts";
import { DocumentMarkers } from "./document-markers.ts";
import { readYAddress, type YAddress } from "./y-address.ts";
import { YClient } from "./y-client.ts";
import { YSocket } from "./y-socket.ts";

export interface YGreeterOptions extends GreeterOptions {
  readonly onError: (error: unknown) => void;
}

export class YGreeter {
  readonly #options: YGreeterOptions;

  constructor(options: YGreeterOptions) {
    this.#options = options;
  }

  /** Serves a socket that was opened under a path that `isYPath` takes. */
  greet(webSocket: WebSocket, path: string): YSocket {
    const { config } = this.#options;
    const socket = new YSocket(webSocket, config);
    socket.hold(true);
    const address = readYAddress(path);
    if (address === undefined) {
      socket.fail(
        "malformed",
        "the address names no document: /y/<bucket>/<room>, the room as roomOfKey gives it",
      );
      return socket;
    }
    const late = "the relay could not look at the token in time";
    const timer = setTimeout(() => socket.fail("busy", late), config.helloMsMax);
    void this.#admit(socket, address).finally(() => clearTimeout(timer));
    return socket;
  }

  async #admit(socket: YSocket, { bucket, key, token }: YAddress): Promise<void> {
    const { gatekeeper, buckets, roll, config, now, schedule, presence, onError } = this.#options;
    const admission = await gatekeeper.admit(token, bucket);
    if (!admission.ok) return socket.fail(admission.refusal.code, admission.refusal.message);
    try {
      const hub = await buckets.open(bucket);
      if (!socket.isListening) return;
      const { sessionsPerSubjectMax, retentionMs } = config;
      if (roll.countOf(admission.access.subject) >= sessionsPerSubjectMax) {
        return socket.fail("busy", `${sessionsPerSubjectMax} sessions of this subject are open: close some`);
      }
      if (!isInScope(admission.access.read, key)) {
        return socket.fail("forbidden", "the token may not read the document: ask for the right");
      }
      const follow = createScope([key]);
      const access = new SessionAccess(socket, {
        gatekeeper,
        bucket,
        follow,
        token,
        access: admission.access,
        now,
        schedule,
      });
      const markers = new DocumentMarkers({ bucket, key, epochs: hub.epochs, retentionMs, now });
      const attend = (attendant: Attendant): PresenceSeat => presence.attend(bucket, key, attendant);
      const { documents } = hub;
      const client = new YClient(socket, { key, documents, attend, access, markers, config, now, onError });
      roll.add(access);
      socket.listen({
        onFrame: (frame) => client.receive(frame),
        onDrained: () => client.onDrained(),
        onClosed: () => {
          client.end();
          roll.delete(access);
          access.end();
        },
      });
      socket.hold(false);
    } catch {
      // The directory has reported it to the relay's owner.
      socket.fail("internal", "the relay could not open the bucket");
    }
  }
}
