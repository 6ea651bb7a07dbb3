/**
 * The host for the caller's own thread, loaded where there is no worker. Packed, it is one file that
 * shares nothing with the page's, so that a page with a worker carries none of it.
 */
export { createMainHost, deleteMemoryDatabase, type MainStorage, memoryDatabases } from "@rockpool/host/main";
