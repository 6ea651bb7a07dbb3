/**
 * Loaded into a server before its own program (`node --expose-gc --import`): tells the process that started it, when
 * asked, what it holds and what it has worked so far.
 */

/** What a server uses. */
export interface ServerUse {
  /** Bytes that are held, garbage collected: the heap, and buffers outside it. */
  readonly heldBytes: number;
  readonly residentBytes: number;
  /** Processor time since the process began. */
  readonly cpuMs: number;
}

process.on("message", () => {
  const { user, system } = process.cpuUsage();
  // Twice: what is let go of by a first collection's finalizers goes with the second.
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  const use: ServerUse = {
    heldBytes: heapUsed + external,
    residentBytes: rss,
    cpuMs: (user + system) / 1000,
  };
  process.send?.(use);
});
// A listener for messages would keep the process alive after its server has ended.
process.channel?.unref();
