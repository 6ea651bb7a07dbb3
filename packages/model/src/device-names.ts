/**
 * What a bucket's things are called on a device, where its tabs, its workers and other buckets of the
 * origin share one name space. In use on people's disks: never change one.
 */

const databasePrefix = "rockpool:";

/** The database of a bucket's log. */
export const databaseOf = (bucket: string): string => `${databasePrefix}${bucket}`;

/** The bucket of a database; undefined for one that is no bucket's. */
export const bucketOf = (database: string): string | undefined =>
  database.startsWith(databasePrefix) ? database.slice(databasePrefix.length) : undefined;

/** The database of the secrets that stay on the device. It begins as no bucket's does. */
export const secretsDatabaseOf = (database: string): string => `secrets-of-${database}`;

/** The channel between a bucket's hosts. v1: other tabs may run older code, which listens on another name. */
export const channelOf = (database: string): string => `rockpool-v1:${database}`;
