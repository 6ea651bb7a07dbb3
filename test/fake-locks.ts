/**
 * The Web Locks of one device: exclusive, shared and stolen, granted in the order they
 * were asked for.
 * A tab that ends gives back what it holds and leaves the queue.
 * @see https://w3c.github.io/web-locks/
 */
import type { HostLocks } from "@rockpool/host";

interface Request {
  readonly name: string;
  readonly mode: LockMode;
  /** Runs the callback of a granted lock. Fulfilled when the lock is to be given back, with what to do after that. */
  readonly run: () => Promise<() => void>;
  /** Somebody took the lock away: whoever holds it is told, and goes on as if it had it. */
  lose: () => void;
}

type Granted<T> = (lock: Lock | null) => T | PromiseLike<T>;

export class FakeLocks {
  readonly #held = new Set<Request>();
  #queue: Request[] = [];

  /** The lock manager of one tab, whose end `signal` tells. */
  forTab(signal: AbortSignal): HostLocks {
    const request = <T>(
      name: string,
      first: LockOptions | Granted<T>,
      second?: Granted<T>,
    ): Promise<Awaited<T>> => {
      const [options, granted] = typeof first === "function" ? [{}, first] : [first, second as Granted<T>];
      return this.#request(name, options, granted, signal);
    };
    // oxlint-disable-next-line typescript/consistent-type-assertions -- `request` has overloads
    return { request: request as LockManager["request"], query: async () => this.#query() };
  }

  /** Takes a lock from its holder, who does not hear of it, like one that is frozen: the next in line holds it too. */
  takeUnheard(name: string): void {
    for (const holder of this.#held) if (holder.name === name) this.#held.delete(holder);
    this.#grant();
  }

  #request<T>(
    name: string,
    { mode = "exclusive", signal, ifAvailable = false, steal = false }: LockOptions,
    granted: Granted<T>,
    tab: AbortSignal,
  ): Promise<Awaited<T>> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason as Error);
      if (tab.aborted) return;
      const request: Request = {
        name,
        mode,
        lose: () => reject(new DOMException("The lock was stolen", "AbortError")),
        run: async () => {
          signal?.removeEventListener("abort", giveUp);
          if (tab.aborted) return () => {};
          const ended = new Promise<"ended">((end) => {
            tab.addEventListener("abort", () => end("ended"), { once: true });
          });
          try {
            const outcome = await Promise.race([granted({ name, mode }), ended]);
            return () => (tab.aborted ? undefined : resolve(outcome as Awaited<T>));
          } catch (error) {
            return () => reject(error as Error);
          }
        },
      };
      const leave = (): void => {
        this.#queue = this.#queue.filter((waiting) => waiting !== request);
        this.#grant();
      };
      const giveUp = (): void => {
        leave();
        reject(signal?.reason as Error);
      };
      if (ifAvailable && !this.#isFree(request, this.#queue)) {
        return void Promise.resolve(granted(null)).then(resolve as (outcome: unknown) => void, reject);
      }
      signal?.addEventListener("abort", giveUp, { once: true });
      tab.addEventListener("abort", leave, { once: true });
      if (steal) this.#takeAway(name);
      if (steal) this.#queue.unshift(request);
      else this.#queue.push(request);
      this.#grant();
    });
  }

  #takeAway(name: string): void {
    for (const holder of this.#held) {
      if (holder.name !== name) continue;
      this.#held.delete(holder);
      holder.lose();
    }
  }

  #grant(): void {
    const ahead: Request[] = [];
    for (const request of this.#queue) {
      if (this.#isFree(request, ahead)) this.#hold(request);
      else ahead.push(request);
    }
    this.#queue = ahead;
  }

  #hold(request: Request): void {
    this.#held.add(request);
    // Callbacks run in a turn of their own, as a browser's do.
    void Promise.resolve()
      .then(request.run)
      .then((settle) => {
        this.#held.delete(request);
        this.#grant();
        settle();
      });
  }

  #isFree({ name, mode }: Request, ahead: readonly Request[]): boolean {
    return [...this.#held, ...ahead].every(
      (other) => other.name !== name || (mode === "shared" && other.mode === "shared"),
    );
  }

  #query(): LockManagerSnapshot {
    return { held: [...this.#held].map(infoOf), pending: this.#queue.map(infoOf) };
  }
}

const infoOf = ({ name, mode }: Request): LockInfo => ({ name, mode, clientId: "" });
