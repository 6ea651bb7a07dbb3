/**
 * The messages of y-websocket, read and written with lib0: one a frame, a number that says which, and
 * what it carries. A frame that is none of them, or goes on behind its message, is malformed.
 * @see https://github.com/yjs/y-protocols/blob/master/PROTOCOL.md
 */
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { messagePermissionDenied, writePermissionDenied } from "y-protocols/auth";
import { messageYjsSyncStep1, messageYjsSyncStep2, messageYjsUpdate } from "y-protocols/sync";

export type YMessage =
  /** Asks for what a document with this state vector lacks. */
  | { readonly type: "step1"; readonly stateVector: Uint8Array }
  /** Answers a step 1: all that its state vector lacked. */
  | { readonly type: "step2"; readonly update: Uint8Array }
  /** What was just done to the document. */
  | { readonly type: "update"; readonly update: Uint8Array }
  | { readonly type: "aware"; readonly update: Uint8Array }
  | { readonly type: "query-aware" }
  | { readonly type: "denied" };

/** A frame that is no message of y-websocket. Its message is for the peer. */
export class YMessageError extends Error {
  override readonly name = "YMessageError";
}

/** As y-websocket numbers its messages. */
const messageSync = 0;
const messageAwareness = 1;
const messageAuth = 2;
const messageQueryAwareness = 3;

/** @throws YMessageError */
export const readYMessage = (frame: Uint8Array): YMessage => {
  const decoder = decoding.createDecoder(frame);
  try {
    const message = readMessage(decoder);
    if (decoding.hasContent(decoder)) throw new YMessageError("there are bytes behind the message");
    return message;
  } catch (error) {
    if (error instanceof YMessageError) throw error;
    // What lib0 throws of a frame that ends too soon, or of text that is none.
    throw new YMessageError("the frame is no message of y-websocket", { cause: error });
  }
};

export const writeStep1 = (stateVector: Uint8Array): Uint8Array =>
  writeSync(messageYjsSyncStep1, stateVector);

export const writeStep2 = (update: Uint8Array): Uint8Array => writeSync(messageYjsSyncStep2, update);

export const writeUpdate = (update: Uint8Array): Uint8Array => writeSync(messageYjsUpdate, update);

export const writeAware = (update: Uint8Array): Uint8Array =>
  encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, messageAwareness);
    encoding.writeVarUint8Array(encoder, update);
  });

/** The client keeps its connection; whoever uses it is told why what it writes is not taken. */
export const writeDenied = (reason: string): Uint8Array =>
  encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, messageAuth);
    writePermissionDenied(encoder, reason);
  });

const writeSync = (type: number, bytes: Uint8Array): Uint8Array =>
  encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, messageSync);
    encoding.writeVarUint(encoder, type);
    encoding.writeVarUint8Array(encoder, bytes);
  });

const readMessage = (decoder: decoding.Decoder): YMessage => {
  const type = decoding.readVarUint(decoder);
  switch (type) {
    case messageSync:
      return readSync(decoder);
    case messageAwareness:
      return { type: "aware", update: readBytes(decoder) };
    case messageAuth:
      return readAuth(decoder);
    case messageQueryAwareness:
      return { type: "query-aware" };
    default:
      throw new YMessageError(`y-websocket has no message ${type}`);
  }
};

const readSync = (decoder: decoding.Decoder): YMessage => {
  const type = decoding.readVarUint(decoder);
  const bytes = readBytes(decoder);
  switch (type) {
    case messageYjsSyncStep1:
      return { type: "step1", stateVector: bytes };
    case messageYjsSyncStep2:
      return { type: "step2", update: bytes };
    case messageYjsUpdate:
      return { type: "update", update: bytes };
    default:
      throw new YMessageError(`y-websocket has no message ${type} of its sync protocol`);
  }
};

const readAuth = (decoder: decoding.Decoder): YMessage => {
  const type = decoding.readVarUint(decoder);
  if (type !== messagePermissionDenied) {
    throw new YMessageError(`y-websocket has no message ${type} of its auth protocol`);
  }
  decoding.readVarString(decoder);
  return { type: "denied" };
};

/** A copy: lib0 gives a view of the socket's memory, even of what lies behind the frame. */
const readBytes = (decoder: decoding.Decoder): Uint8Array => {
  const bytes = decoding.readVarUint8Array(decoder);
  if (decoder.pos > decoder.arr.length) throw new YMessageError("the frame ends within its message");
  return bytes.slice();
};
