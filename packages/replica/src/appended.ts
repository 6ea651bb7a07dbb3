/**
 * Entries that bring a part of a document: how they join what stands, where that is at hand. Where it is
 * not they stay as they are, and are joined when they are read.
 */
import { type DocumentValue, joinDocuments, type Value } from "@rockpool/model";

/** What a key holds, or with `appends` what came to it. */
export interface Appendable {
  readonly value?: Value;
  readonly appends?: true;
}

/**
 * What stands once `after` came, where `before` stood; undefined: what stood is not at hand. A part joins
 * the document of its own incarnation, and takes the place of everything else.
 */
export const joinEntries = <Entry extends Appendable>(
  before: Appendable | undefined,
  after: Entry,
): Entry => {
  if (after.appends !== true || before === undefined) return after;
  const { appends, ...whole } = after;
  const value = joinValues(before.value, after.value);
  // A part that joined a part is still one; whatever else it met was all that stood.
  const isPart = before.appends === true && value !== after.value;
  return { ...whole, ...(value === undefined ? {} : { value }), ...(isPart ? { appends } : {}) } as Entry;
};

/** The value that is left when a part comes to `before`. */
export const joinValues = (before: Value | undefined, after: Value | undefined): Value | undefined => {
  if (after?.encoding !== "document" || before?.encoding !== "document") return after;
  return before.incarnation === after.incarnation ? joinDocuments(before, after) : after;
};

const joinedByPart = new WeakMap<
  DocumentValue,
  { readonly before: Value | undefined; readonly joined: Value | undefined }
>();

/** As {@link joinValues}, and the same object as long as both are the same: what is made of it is made once. */
export const joinOnce = (before: Value | undefined, after: Value | undefined): Value | undefined => {
  if (after?.encoding !== "document") return after;
  const known = joinedByPart.get(after);
  if (known !== undefined && known.before === before) return known.joined;
  const joined = joinValues(before, after);
  joinedByPart.set(after, { before, joined });
  return joined;
};
