/**
 * For tests: a hello and the relay's answer to it, of a bucket in which nothing happened yet.
 */
import { commitLimits, packKey } from "@rockpool/model";
import { type Hello, protocolVersion, type RelayLimits, type Welcome } from "./messages.ts";

const wholeBucket = [packKey([])];

export const testLimits: RelayLimits = {
  ...commitLimits,
  pushCommitsMax: 100,
  pushBytesMax: 1e6,
};

export const helloWith = (hello: Partial<Hello>): Hello => ({
  type: "hello",
  protocol: { min: protocolVersion, max: protocolVersion },
  bucket: "b",
  replica: "r",
  epoch: "e1",
  cursor: 0,
  follow: wholeBucket,
  clockMs: 0,
  ...hello,
});

export const welcomeWith = (welcome: Partial<Welcome>): Welcome => ({
  type: "welcome",
  protocol: 1,
  epoch: "e1",
  valid: true,
  shared: 0,
  head: 0,
  scope: wholeBucket,
  subject: null,
  expiresInMs: null,
  limits: testLimits,
  clockMs: 0,
  helloClockMs: 0,
  ...welcome,
});
