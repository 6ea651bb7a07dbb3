/**
 * The entry of the worker that `openKv` starts. It stands in this package, because bundlers find a
 * worker by its place beside the file that starts it; what it runs is the host package's.
 */
import "@rockpool/host/worker";
