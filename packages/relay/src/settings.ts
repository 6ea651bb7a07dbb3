/**
 * What the program was asked to do, from its arguments and its environment. A secret is never an
 * argument: those can be read by everybody on the machine.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { JwtOptions } from "./jwt-authenticator.ts";

export type Settings =
  | { readonly command: "help" }
  | {
      readonly command: "serve";
      readonly host: string;
      readonly port: number;
      readonly data: string;
      /** Undefined where no token is asked for. */
      readonly jwt: JwtOptions | undefined;
    }
  | { readonly command: "backup" | "restore"; readonly file: string; readonly data: string };

/** Holds the secret, where no file does. */
export const secretVariable = "ROCKPOOL_JWT_SECRET";

export const usage: string = `Usage: rockpool-relay [options]                 serves until SIGTERM
       rockpool-relay backup <file> [--data …]   copies the data, also while a relay runs on it
       rockpool-relay restore <file> [--data …]  puts such a copy in place, while none does

  --host             address to listen on, 127.0.0.1 unless it is said; loopback only, without a secret
  --port             port to listen on, 8787 unless it is said; 0 takes a free one
  --data             file that keeps everything, rockpool.sqlite unless it is said; made if there is none
  --jwt-secret-file  file with the secret that tokens are signed with (HS256), at least 32 bytes;
                     or set ${secretVariable}
  --jwt-issuer       what the claim "iss" of a token must be
  --jwt-audience     what the claim "aud" of a token must be or hold
  --help             this text
`;

const options = {
  host: { type: "string", default: "127.0.0.1" },
  port: { type: "string", default: "8787" },
  data: { type: "string", default: "rockpool.sqlite" },
  "jwt-secret-file": { type: "string" },
  "jwt-issuer": { type: "string" },
  "jwt-audience": { type: "string" },
  help: { type: "boolean", default: false },
} as const;

/** @throws Error that names the argument and what it may be. */
export const readSettings = (
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Settings => {
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const { host, data, help } = values;
  if (help) return { command: "help" };
  const [command, file, ...rest] = positionals;
  if (command === undefined) {
    return { command: "serve", host, port: portOf(values.port), data, jwt: jwtOf(values, environment) };
  }
  if ((command !== "backup" && command !== "restore") || file === undefined || rest.length > 0) {
    throw new Error(`"${positionals.join(" ")}" is no command; --help lists them`);
  }
  return { command, file, data };
};

const portOf = (text: string): number => {
  const port = Number(text);
  if (text !== "" && Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new Error(`--port ${text} is not a number from 0 to 65535`);
};

const jwtOf = (
  values: { readonly [name in "jwt-secret-file" | "jwt-issuer" | "jwt-audience"]?: string | undefined },
  environment: Readonly<Record<string, string | undefined>>,
): JwtOptions | undefined => {
  const { "jwt-secret-file": file, "jwt-issuer": issuer, "jwt-audience": audience } = values;
  const variable = environment[secretVariable];
  if (file !== undefined && variable !== undefined) {
    throw new Error(`a secret in --jwt-secret-file and another in ${secretVariable}: leave one of them out`);
  }
  // Editors end a file with a line break that is no part of the secret.
  const secret = file === undefined ? variable : readFileSync(file, "utf8").replace(/\r?\n$/, "");
  if (secret !== undefined) return { secret, issuer, audience };
  if (issuer === undefined && audience === undefined) return undefined;
  throw new Error(`--jwt-issuer and --jwt-audience need a secret: --jwt-secret-file or ${secretVariable}`);
};
