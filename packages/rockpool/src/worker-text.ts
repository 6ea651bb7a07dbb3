/**
 * The text of the worker, for `rockpool/inline`. scripts/pack.ts puts the bundled worker here; run
 * from source there is none, and a worker of this text says so.
 */
export const workerText: string =
  'throw new Error("rockpool/inline has no worker before it is packed; use rockpool")';
