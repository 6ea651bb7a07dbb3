/**
 * What a host answers to a request, narrowed to what was asked for.
 */
import type { HostAnswer, HostRequest } from "@rockpool/host";
import { KvError } from "@rockpool/model";

/** Sends a request to the host. @throws what the host answers as an error; the signal's reason */
export type Send = (request: HostRequest, signal: AbortSignal | undefined) => Promise<HostAnswer>;

type AnswerOf<K extends HostAnswer["type"]> = Extract<HostAnswer, { readonly type: K }>;

/** @throws KvError "protocol" for an answer of another kind */
export const expectAnswer = <K extends HostAnswer["type"]>(answer: HostAnswer, type: K): AnswerOf<K> => {
  if (answer.type === type) return answer as AnswerOf<K>;
  throw new KvError("protocol", `the host answered with "${answer.type}" where "${type}" was asked for`);
};
