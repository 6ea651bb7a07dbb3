/**
 * Awareness updates of y-protocols, taken apart and put together: the state of each client as JSON text,
 * with a clock that says which of two is the later one. A state of "null" says that its client is gone.
 * @see https://github.com/yjs/y-protocols/blob/master/awareness.js
 */
import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";

export interface ClientState {
  readonly client: number;
  readonly clock: number;
  /** JSON text; "null" when the client is gone. */
  readonly state: string;
}

/** Undefined for bytes that are no awareness update. */
export const readAwarenessUpdate = (update: Uint8Array): readonly ClientState[] | undefined => {
  const decoder = decoding.createDecoder(update);
  const states: ClientState[] = [];
  try {
    for (let count = decoding.readVarUint(decoder); count > 0; count--) {
      const client = decoding.readVarUint(decoder);
      const clock = decoding.readVarUint(decoder);
      const state = decoding.readVarString(decoder);
      // Peers parse it, and would fail on what is no JSON.
      JSON.parse(state);
      states.push({ client, clock, state });
    }
  } catch {
    // It ends too soon, or holds text or JSON that is none.
    return undefined;
  }
  return decoding.hasContent(decoder) ? undefined : states;
};

export const writeAwarenessUpdate = (states: readonly ClientState[]): Uint8Array =>
  encoding.encode((encoder) => {
    encoding.writeVarUint(encoder, states.length);
    for (const { client, clock, state } of states) {
      encoding.writeVarUint(encoder, client);
      encoding.writeVarUint(encoder, clock);
      encoding.writeVarString(encoder, state);
    }
  });
