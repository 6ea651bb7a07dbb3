/**
 * A device's clock that is fast or slow: `Date` of this thread reads so much more than the machine's. Timers and
 * `performance.now()` go on as they are, as they do on a device whose clock is set wrong.
 */

export const shiftClock = (byMs: number): void => {
  if (byMs === 0) return;
  const RealDate = Date;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args: []) => (args.length > 0 ? new target(...args) : new target(now())),
    apply: () => new RealDate(now()).toString(),
    get: (target, name, receiver) =>
      name === "now" ? now : (Reflect.get(target, name, receiver) as unknown),
  });
  const now = (): number => RealDate.now() + byMs;
};
