/**
 * What happens on a socket before there is a session: a hello within a few seconds, the protocol
 * version both speak, the bucket opened, and a welcome that says whether the replica's cursor lies
 * in its history.
 */
import { wholeBucket } from "@rockpool/model";
import { protocolVersion, type Hello } from "@rockpool/protocol";
import type { BucketDirectory } from "./bucket-directory.ts";
import type { BucketHub } from "./bucket-hub.ts";
import { helloTimeoutCloseCode, type Connection, type ConnectionEvents } from "./connection.ts";
import type { RelayConfig } from "./relay-config.ts";
import { Session } from "./session.ts";

const ignored = (): void => undefined;

export class Greeter {
  readonly #buckets: BucketDirectory;
  readonly #config: RelayConfig;
  readonly #now: () => number;

  constructor(options: { buckets: BucketDirectory; config: RelayConfig; now: () => number }) {
    this.#buckets = options.buckets;
    this.#config = options.config;
    this.#now = options.now;
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
        connection.listen(awaitingWelcome(connection));
        void this.#welcome(connection, hello);
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
    try {
      const hub = await this.#buckets.open(hello.bucket);
      if (connection.isOpen) this.#begin(connection, hello, hub);
    } catch {
      // The directory has reported it to the relay's owner.
      connection.fail("internal", "the relay could not open the bucket");
    }
  }

  #begin(connection: Connection, hello: Hello, hub: BucketHub): void {
    const valid = hub.isValidCursor(hello.epoch, hello.cursor);
    const sentTo = valid ? hello.cursor : 0;
    const options = { replica: hello.replica, scope: wholeBucket, sentTo, config: this.#config };
    const session = new Session(connection, hub, options);
    hub.join(session);
    connection.listen({
      onMessages: (messages, frameLength) => session.receive(messages, frameLength),
      onDrained: () => session.onDrained(),
      onClosed: () => hub.leave(session),
    });
    connection.send([
      {
        type: "welcome",
        protocol: protocolVersion,
        epoch: hub.epoch,
        valid,
        shared: hub.sharedRevision(hello.epoch, hello.cursor),
        head: hub.head,
        scope: wholeBucket,
        subject: null,
        expiresInMs: null,
        limits: this.#config.limits,
        clockMs: this.#now(),
        helloClockMs: hello.clockMs,
      },
    ]);
    session.catchUp();
  }
}

const awaitingWelcome = (connection: Connection): ConnectionEvents => ({
  onMessages: () => refuseEarly(connection),
  onDrained: ignored,
  onClosed: ignored,
});

const refuseEarly = (connection: Connection): void =>
  connection.fail("malformed", "a message before the welcome; wait for it");
