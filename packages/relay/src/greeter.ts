/**
 * What happens on a socket before there is a session: a hello within a few seconds, the protocol
 * version both speak, whom the token is for, the bucket opened, and a welcome that says what the
 * session serves and whether the replica's cursor lies in its history.
 */
import { protocolVersion, type Hello } from "@rockpool/protocol";
import type { Access, Gatekeeper } from "./access.ts";
import type { BucketDirectory } from "./bucket-directory.ts";
import type { BucketHub } from "./bucket-hub.ts";
import { helloTimeoutCloseCode, type Connection, type ConnectionEvents } from "./connection.ts";
import type { Presence } from "./presence/presence.ts";
import { SessionPresence } from "./presence/session-presence.ts";
import type { RelayConfig } from "./relay-config.ts";
import type { Schedule } from "./schedule.ts";
import { SessionAccess } from "./session-access.ts";
import type { SessionRoll } from "./session-roll.ts";
import { Session } from "./session.ts";

export interface GreeterOptions {
  readonly buckets: BucketDirectory;
  readonly gatekeeper: Gatekeeper;
  readonly roll: SessionRoll;
  readonly presence: Presence;
  readonly config: RelayConfig;
  readonly now: () => number;
  readonly schedule: Schedule;
}

const ignored = (): void => undefined;

export class Greeter {
  readonly #options: GreeterOptions;
  readonly #config: RelayConfig;

  constructor(options: GreeterOptions) {
    this.#options = options;
    this.#config = options.config;
  }

  /** Waits for the hello of a new socket. */
  greet(connection: Connection): void {
    const timer = setTimeout(
      () => connection.end(helloTimeoutCloseCode, `no hello within ${this.#config.helloMsMax} ms`),
      this.#config.helloMsMax,
    );
    connection.listen({
      onMessages: ([hello, early]) => {
        clearTimeout(timer);
        if (hello?.type !== "hello") return connection.fail("malformed", "the first message must be a hello");
        if (early !== undefined) return refuseEarly(connection);
        const { helloMsMax, busyMs } = this.#config;
        const late = "the relay could not look at the token in time";
        const lateTimer = setTimeout(() => connection.fail("busy", late, busyMs), helloMsMax);
        connection.listen(awaitingWelcome(connection, lateTimer));
        void this.#welcome(connection, hello).finally(() => clearTimeout(lateTimer));
      },
      onDrained: ignored,
      onClosed: () => clearTimeout(timer),
    });
  }

  async #welcome(connection: Connection, hello: Hello): Promise<void> {
    const { min, max } = hello.protocol;
    if (min > protocolVersion || max < protocolVersion) {
      const spoken = `this relay speaks protocol version ${protocolVersion}`;
      const remedy = min > protocolVersion ? "update the relay" : "update the app";
      return connection.fail("version", `versions ${min} to ${max} were offered, ${spoken}: ${remedy}`);
    }
    const { followMax } = this.#config;
    if (hello.follow.length > followMax) {
      const followed = `${hello.follow.length} prefixes are followed, at most ${followMax}`;
      return connection.fail("too-large", `${followed}: follow one that holds several of them`);
    }
    const admission = await this.#options.gatekeeper.admit(hello.token, hello.bucket);
    if (!admission.ok) return connection.fail(admission.refusal.code, admission.refusal.message);
    try {
      const hub = await this.#options.buckets.open(hello.bucket);
      if (connection.isOpen) this.#begin(connection, hello, hub, admission.access);
    } catch {
      // The directory has reported it to the relay's owner.
      connection.fail("internal", "the relay could not open the bucket");
    }
  }

  #begin(connection: Connection, hello: Hello, hub: BucketHub, admitted: Access): void {
    const { roll, gatekeeper, now, schedule } = this.#options;
    const { sessionsPerSubjectMax, busyMs } = this.#config;
    if (roll.countOf(admitted.subject) >= sessionsPerSubjectMax) {
      const message = `${sessionsPerSubjectMax} sessions of this subject are open, no more are served: close some`;
      return connection.fail("busy", message, busyMs);
    }
    const { bucket, follow, token, replica } = hello;
    const access = new SessionAccess(connection, {
      gatekeeper,
      bucket,
      follow,
      token,
      access: admitted,
      now,
      schedule,
    });
    const valid = hub.isValidCursor(hello.epoch, hello.cursor);
    const sentTo = valid ? hello.cursor : 0;
    const config = this.#config;
    const presence = new SessionPresence(connection, {
      bucket,
      presence: this.#options.presence,
      access,
      config,
      now,
    });
    const session = new Session(connection, hub, { replica, access, presence, sentTo, config, now });
    hub.join(session);
    roll.add(access);
    connection.listen({
      onMessages: (messages, frameLength) => session.receive(messages, frameLength),
      onDrained: () => session.onDrained(),
      onClosed: () => {
        hub.leave(session);
        session.end();
        roll.delete(access);
        access.end();
      },
    });
    connection.send([
      {
        type: "welcome",
        protocol: protocolVersion,
        epoch: hub.epoch,
        valid,
        shared: hub.sharedRevision(hello.epoch, hello.cursor),
        head: hub.head,
        scope: access.scope,
        subject: access.subject,
        expiresInMs: access.expiresInMs,
        limits: this.#config.limits,
        clockMs: now(),
        helloClockMs: hello.clockMs,
      },
    ]);
    session.catchUp();
  }
}

const awaitingWelcome = (connection: Connection, timer: NodeJS.Timeout): ConnectionEvents => ({
  onMessages: () => refuseEarly(connection),
  onDrained: ignored,
  onClosed: () => clearTimeout(timer),
});

const refuseEarly = (connection: Connection): void =>
  connection.fail("malformed", "a message before the welcome; wait for it");
