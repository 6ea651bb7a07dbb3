/**
 * A tab of a browser that a test may kill, through the devtools protocol: it loads a page, calls what the page offers, and
 * hears what the page says by a function of its own. It can be closed, and ended as a fault would end it.
 */
import type { Devtools } from "./devtools.ts";

/** A tab as the devtools protocol names it. */
export interface TabAddress {
  readonly devtools: Devtools;
  readonly target: string;
  readonly session: string;
}

export abstract class BrowserTab {
  readonly #devtools: Devtools;
  readonly #target: string;
  readonly #session: string;
  readonly #binding: string;
  /** What the page did not catch. */
  readonly errors: unknown[] = [];

  /** `binding`: the function of the page's global object by which it says what `hear` hears. */
  constructor({ devtools, target, session }: TabAddress, binding: string) {
    this.#devtools = devtools;
    this.#target = target;
    this.#session = session;
    this.#binding = binding;
    devtools.listen(({ method, sessionId, params }) => {
      if (sessionId !== session) return;
      if (method === "Runtime.bindingCalled") this.hear(String(params["payload"]));
      if (method === "Runtime.exceptionThrown") this.errors.push(params["exceptionDetails"]);
    });
  }

  async load(url: string): Promise<void> {
    await Promise.all([
      this.send("Page.enable"),
      this.send("Runtime.enable"),
      this.send("Inspector.enable"),
      this.send("Runtime.addBinding", { name: this.#binding }),
    ]);
    const loaded = this.next("Page.loadEventFired");
    await this.send("Page.navigate", { url });
    await loaded;
  }

  send(
    method: string,
    params: Readonly<Record<string, unknown>> = {},
  ): Promise<Readonly<Record<string, unknown>>> {
    return this.#devtools.send(method, params, this.#session);
  }

  next(method: string): Promise<unknown> {
    return this.#devtools.next(method, this.#session);
  }

  async evaluate(expression: string): Promise<unknown> {
    const options = { awaitPromise: true, returnByValue: true, userGesture: true };
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", { expression, ...options });
    if (exceptionDetails !== undefined) {
      throw new Error(`${expression} threw ${JSON.stringify(exceptionDetails)}`);
    }
    return (result as { readonly value?: unknown }).value;
  }

  /** Waits until a condition holds that is changed by what the page says. @throws Error when the page fails */
  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const forget = this.#devtools.listen(() => {
        if (this.errors.length > 0) reject(new Error(`the page failed: ${JSON.stringify(this.errors[0])}`));
        else if (condition()) resolve();
        else return;
        forget();
      });
    });
  }

  /** Brings it in front of the others. */
  async activate(): Promise<void> {
    await this.#devtools.send("Target.activateTarget", { targetId: this.#target });
  }

  /** Fulfilled when the tab is gone. `asking`: the page asks the user first, who leaves all the same. */
  async close({ asking }: { readonly asking: boolean }): Promise<void> {
    const gone = new Promise<void>((resolve) => {
      const forget = this.#devtools.listen(({ method, params }) => {
        if (method !== "Target.detachedFromTarget" || params["sessionId"] !== this.#session) return;
        forget();
        resolve();
      });
    });
    if (asking) {
      const asked = this.next("Page.javascriptDialogOpening");
      await this.send("Page.close");
      await asked;
      await this.send("Page.handleJavaScriptDialog", { accept: true });
    } else {
      await this.#devtools.send("Target.closeTarget", { targetId: this.#target });
    }
    await gone;
  }

  /** Ends its process as a fault in it would. */
  async crash(): Promise<void> {
    const crashed = this.next("Inspector.targetCrashed");
    // Its answer never comes: there is nobody left to give it.
    this.send("Page.crash").catch(() => undefined);
    await crashed;
  }

  /** The page said something. */
  protected abstract hear(said: string): void;
}
