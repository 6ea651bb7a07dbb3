/**
 * What a write comes to in a bucket that was opened `readonly`; its host refuses it as well.
 */
import { KvError } from "@rockpool/model";

export const readonlyError = (): KvError =>
  new KvError("readonly", "the bucket was opened with readonly: true; open it without, to write");
