/**
 * The same scenario against a server of NATS and here gives the same lines. Needs one with JetStream at
 * NATS_URL, or on this machine; without one it is skipped, and says so.
 */
import { Kvm as TheirKvm } from "@nats-io/kv";
import { connect as connectToServer, type NatsConnection } from "@nats-io/transport-node";
import { connect, Kvm } from "@rockpool/nats-kv";
import { expect, test } from "vitest";
import { runScenario } from "./scenario.ts";

const servers = process.env["NATS_URL"] ?? "127.0.0.1:4222";

const openServer = async (): Promise<NatsConnection | undefined> => {
  try {
    return await connectToServer({ servers, timeout: 1000, reconnect: false });
  } catch {
    return undefined;
  }
};

test("a bucket here does what one of a server does", async ({ skip }) => {
  const server = await openServer();
  if (server === undefined) {
    const reason = `no NATS server at ${servers}: start one with JetStream, or set NATS_URL`;
    process.stderr.write(`skipped: ${reason}\n`);
    skip(reason);
    return;
  }
  const prefix = `rockpool-${crypto.randomUUID()}-`;
  const nc = await connect({ bucket: prefix });
  try {
    const theirs = await runScenario(new TheirKvm(server), prefix);
    const own = await runScenario(new Kvm(nc), prefix);
    expect(own.length).toBeGreaterThan(100);
    expect(own).toEqual(theirs);
  } finally {
    await server.close();
    await nc.close();
  }
});
