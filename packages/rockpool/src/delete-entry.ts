/**
 * What a function given to `kv.update` returns to have the entry deleted: no value that can be
 * stored, so it cannot be meant otherwise.
 */

/** Returned by the function of `kv.update`: delete the entry. */
export const deleteEntry: unique symbol = Symbol("rockpool.deleteEntry");
