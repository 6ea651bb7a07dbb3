/**
 * The messages of a replica on the wire, written and read in pairs: objects with a `type`, commits
 * in them as positional arrays.
 */
import { readAware, writeAware } from "./aware-codec.ts";
import { readCommit, writeCommit } from "./commit-codec.ts";
import {
  failField,
  readId,
  readInteger,
  readKey,
  readList,
  readObject,
  readPrefix,
  readRevision,
  readScope,
  readText,
  readTimeMs,
  readTuple,
  type Fields,
} from "./field.ts";
import type { Fill, Hello, Pull, UpMessage } from "./messages.ts";

export const writeUp = (message: UpMessage): unknown => {
  switch (message.type) {
    case "hello":
      return { ...message, protocol: [message.protocol.min, message.protocol.max] };
    case "push":
      return { type: message.type, commits: message.commits.map(writeCommit) };
    case "aware":
      return writeAware(message);
    case "pull":
    case "fill":
    case "auth":
    case "verify":
    case "ping":
    case "attend":
      return message;
  }
};

/** @throws ProtocolError */
export const readUp = (value: unknown): UpMessage => {
  const fields = readObject(value, "");
  switch (fields["type"]) {
    case "hello":
      return readHello(fields);
    case "push":
      return { type: "push", commits: readList(fields["commits"], "commits", readCommit) };
    case "pull":
      return readPull(fields);
    case "fill":
      return readFill(fields);
    case "auth":
      return { type: "auth", token: readText(fields["token"], "token") };
    case "verify":
      return {
        type: "verify",
        epoch: readId(fields["epoch"], "epoch"),
        at: readRevision(fields["at"], "at"),
        hash: readId(fields["hash"], "hash"),
      };
    case "ping":
      return { type: "ping", id: readInteger(fields["id"], "id", 0) };
    case "attend":
      return { type: "attend", keys: readList(fields["keys"], "keys", (key) => readKey(key, "")) };
    case "aware":
      return readAware(fields);
    default:
      return failField(
        "type",
        '"hello", "push", "pull", "fill", "auth", "verify", "ping", "attend" or "aware"',
        fields["type"],
      );
  }
};

const readFill = (fields: Fields): Fill => {
  const fill: Fill = {
    type: "fill",
    epoch: readId(fields["epoch"], "epoch"),
    after: readPrefix(fields["after"], "after"),
  };
  const within = fields["within"];
  return within === undefined ? fill : { ...fill, within: readPrefix(within, "within") };
};

const readPull = (fields: Fields): Pull => {
  const pull: Pull = {
    type: "pull",
    epoch: readId(fields["epoch"], "epoch"),
    from: readRevision(fields["from"], "from"),
  };
  const filledTo = fields["filledTo"];
  return filledTo === undefined ? pull : { ...pull, filledTo: readRevision(filledTo, "filledTo") };
};

const readHello = (fields: Fields): Hello => {
  const versions = readTuple(fields["protocol"], "protocol", 2);
  const min = readInteger(versions[0], "protocol", 1);
  const hello = {
    type: "hello",
    protocol: { min, max: readInteger(versions[1], "protocol", min) },
    bucket: readId(fields["bucket"], "bucket"),
    replica: readId(fields["replica"], "replica"),
    epoch: fields["epoch"] === null ? null : readId(fields["epoch"], "epoch"),
    cursor: readRevision(fields["cursor"], "cursor"),
    follow: readScope(fields["follow"], "follow"),
    clockMs: readTimeMs(fields["clockMs"], "clockMs"),
  } as const;
  return fields["token"] === undefined ? hello : { ...hello, token: readText(fields["token"], "token") };
};
