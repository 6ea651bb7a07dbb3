/**
 * Users, tokens and rights of a run: which device is whose, what its apps give when they are asked for a
 * token, and what changes while sessions go on.
 */
import type { Scope } from "@rockpool/model";
import { AccessInspector } from "./access-inspector.ts";
import type { PlannedAccess } from "./plan.ts";
import { TokenIssuer } from "./token-issuer.ts";
import type { VirtualDevice } from "./virtual-device.ts";
import type { VirtualRelay } from "./virtual-relay.ts";

export interface RunAccessOptions {
  readonly relay: VirtualRelay;
  readonly devices: Iterable<VirtualDevice>;
  readonly now: () => number;
  /** Has a device's tabs go on where the app alone can say so. */
  readonly resume: (device: VirtualDevice) => void;
  /** Ends a fault after a while. */
  readonly healLater: (name: string, afterMs: number, heal: () => void) => void;
}

export class RunAccess {
  readonly inspector: AccessInspector;
  readonly #its: RunAccessOptions;
  readonly #issuer: TokenIssuer;
  /** Devices whose apps give tokens of the next subject. */
  readonly #wrong = new Set<VirtualDevice>();
  readonly #tokenless = new Set<VirtualDevice>();

  constructor(planned: PlannedAccess, its: RunAccessOptions) {
    this.#its = its;
    this.#issuer = new TokenIssuer(planned, its.now);
    this.inspector = new AccessInspector(this.#issuer, (name) => this.#subjectOf(name));
    its.relay.authenticate = this.#issuer.authenticate;
  }

  /** From here on the device's apps answer when they are asked for a token. */
  prepare(device: VirtualDevice): void {
    device.giveToken = () => {
      if (this.#tokenless.has(device)) return undefined;
      // An empty replica takes whatever subject it is welcomed as: only apps know whose it is to be.
      const isWrong = this.#wrong.has(device) && hasSubject(device);
      return this.#issuer.issue(device.subject + (isWrong ? 1 : 0));
    };
  }

  /** What may be read on a device now. */
  readable({ subject }: VirtualDevice): Scope {
    return this.#issuer.readable(subject);
  }

  /** Each scope that could be read on a device at some time. */
  readableEver({ subject }: VirtualDevice): readonly Scope[] {
    return this.#issuer.readableEver(subject);
  }

  /** Changes what tokens stand for, and has the relay ask again. */
  recheckAfter(change: (issuer: TokenIssuer) => void): void {
    change(this.#issuer);
    this.#its.relay.recheck();
  }

  /** No token of a subject holds for a while; then its apps say to go on. */
  bar(subject: number, forMs: number): void {
    this.recheckAfter((issuer) => issuer.bar(subject, true));
    this.#its.healLater(`barred ${this.#issuer.subject(subject)}`, forMs, () => {
      this.#issuer.bar(subject, false);
      for (const device of this.#its.devices) {
        if (this.#subjectOf(device.name) === this.#issuer.subject(subject)) this.#its.resume(device);
      }
    });
  }

  /** The apps of a device give another subject's tokens for a while; then they say to go on with its own. */
  giveWrong(device: VirtualDevice, forMs: number, renews: boolean): void {
    this.#wrong.add(device);
    if (!renews) this.#its.relay.network.drop(device.name);
    this.#its.healLater(`wrong ${device.name}`, forMs, () => {
      this.#wrong.delete(device);
      this.#its.resume(device);
    });
  }

  /** The apps of a device have no token to give for a while. */
  giveNone(device: VirtualDevice, forMs: number, renews: boolean): void {
    this.#tokenless.add(device);
    if (!renews) this.#its.relay.network.drop(device.name);
    this.#its.healLater(`tokenless ${device.name}`, forMs, () => this.#tokenless.delete(device));
  }

  /** Every app gives tokens of its own subject that say what is in force. */
  heal(): void {
    this.#wrong.clear();
    this.#tokenless.clear();
    this.recheckAfter((issuer) => issuer.heal());
  }

  #subjectOf(name: string): string {
    const device = [...this.#its.devices].find((one) => one.name === name);
    if (device === undefined) throw new Error(`there is no device ${name}`);
    return this.#issuer.subject(device.subject);
  }
}

/** True for a device whose disk says whose it is. */
const hasSubject = ({ storage: { image } }: VirtualDevice): boolean =>
  image.meta?.session.subject !== undefined ||
  image.rows.some((row) => row.type === "session" && row.subject !== undefined);
