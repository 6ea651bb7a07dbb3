/**
 * What a bucket's things are called on a device, where its tabs, its workers and other buckets of the
 * origin share one name space. In use on people's disks: never change one.
 */

const databasePrefix = "rockpool:";
/** No bucket's name begins with a colon, and no encoded user's name holds one. */
const ownedPrefix = `${databasePrefix}:user:`;

/** The database of a bucket's log: each user has one of their own. @throws URIError for a user that is no well-formed string */
export const databaseOf = (bucket: string, user?: string): string => `${prefixOf(user)}${bucket}`;

/** The bucket of a database, if it is this user's (or nobody's, where none is named); else undefined. */
export const bucketOf = (database: string, user?: string): string | undefined => {
  const prefix = prefixOf(user);
  const isTheirs = database.startsWith(prefix) && (user !== undefined || !database.startsWith(ownedPrefix));
  return isTheirs ? database.slice(prefix.length) : undefined;
};

const prefixOf = (user: string | undefined): string =>
  user === undefined ? databasePrefix : `${ownedPrefix}${encodeURIComponent(user)}:`;

/** The database of the secrets that stay on the device. It begins as no bucket's does. */
export const secretsDatabaseOf = (database: string): string => `secrets-of-${database}`;

/** The channel between a bucket's hosts. v1: other tabs may run older code, which listens on another name. */
export const channelOf = (database: string): string => `rockpool-v1:${database}`;
