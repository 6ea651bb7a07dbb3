/** The entry of the worker that `openKv` starts; what it runs is the host package's. */
import "@rockpool/host/worker";
