/** Rockpool's log in IndexedDB. */
export { type IdbLogOptions, openIdbLog } from "./idb-log.ts";
