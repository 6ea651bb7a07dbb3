/**
 * Tokens as JWTs: what their claims grant, and what is said of those that do not hold.
 */
import { SignJWT, UnsecuredJWT, type JWTPayload } from "jose";
import { describe, expect, test } from "vitest";
import { UnauthorizedError } from "./access.ts";
import { testNowMs } from "./commit-fixture.ts";
import { createJwtAuthenticator } from "./jwt-authenticator.ts";

const secret = "a secret of more than thirty-two bytes";
const now = () => testNowMs;
const seconds = Math.trunc(testNowMs / 1000);
const claims = { sub: "ann", read: [["users", "ann"], ["shared"]], write: [["users", "ann", 1, true]] };

const sign = (payload: JWTPayload, key = secret, alg = "HS256"): Promise<string> =>
  new SignJWT(payload).setProtectedHeader({ alg }).sign(new TextEncoder().encode(key));

const authenticate = createJwtAuthenticator({ secret, now });
const context = { bucket: "b" };

test("a token that holds grants what its claims say, until it ends", async () => {
  const grant = { subject: "ann", read: claims.read, write: claims.write };
  expect(await authenticate(await sign(claims), context)).toEqual({ ...grant, expiresAt: null });
  expect(await authenticate(await sign({ ...claims, exp: seconds + 60 }), context)).toEqual({
    ...grant,
    expiresAt: (seconds + 60) * 1000,
  });
  const bytes = createJwtAuthenticator({ secret: new TextEncoder().encode(secret), now });
  expect(await bytes(await sign({ ...claims, read: [[]], write: [] }), context)).toMatchObject({
    read: [[]],
    write: [],
  });
});

describe("a token does not hold", () => {
  const { sub: _, ...nameless } = claims;
  test.each([
    ["that is missing", () => undefined, "asks for a token"],
    ["that is none", () => "garbage", "does not hold"],
    ["of another secret", () => sign(claims, `${secret}!`), "signature"],
    ["of another algorithm", () => sign(claims, `${secret}${secret}`, "HS512"), "alg"],
    ["without a signature", () => new UnsecuredJWT(claims).encode(), "does not hold"],
    ["that has expired", () => sign({ ...claims, exp: seconds - 1 }), "exp"],
    ["that is not yet good", () => sign({ ...claims, nbf: seconds + 60 }), "nbf"],
    ["of no subject", () => sign(nameless), "`sub`"],
    ["of a subject that is no text", () => sign({ ...claims, sub: 7 as unknown as string }), "`sub`"],
    ["without a list of what may be read", () => sign({ ...claims, read: undefined }), "`read`"],
    ["whose prefixes are no keys", () => sign({ ...claims, write: [[null]] }), "`write`"],
    ["whose prefixes are no lists", () => sign({ ...claims, write: ["users"] }), "`write`"],
    ["for other buckets", () => sign({ ...claims, buckets: ["c"] }), '"b"'],
  ])("%s", async (_, make, message) => {
    const outcome = authenticate(await make(), context);
    await expect(outcome).rejects.toThrow(UnauthorizedError);
    await expect(outcome).rejects.toThrow(message);
  });
});

test("issuer and audience are looked at where they are named", async () => {
  const strict = createJwtAuthenticator({ secret, now, issuer: "https://sign.in", audience: "rockpool" });
  const good = { ...claims, iss: "https://sign.in", aud: ["rockpool", "other"], buckets: ["b"] };
  expect(await strict(await sign(good), context)).toMatchObject({ subject: "ann" });
  await expect(strict(await sign({ ...good, iss: "another" }), context)).rejects.toThrow("iss");
  await expect(strict(await sign({ ...good, aud: "another" }), context)).rejects.toThrow("aud");
  await expect(strict(await sign(claims), context)).rejects.toThrow(UnauthorizedError);
});

test("a short secret is refused with what to do", () => {
  expect(() => createJwtAuthenticator({ secret: "short" })).toThrow(/5 bytes, at least 32.*openssl/);
});
