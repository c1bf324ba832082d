import * as Api from "@effect-openai/core/Api"
import * as Endpoint from "@effect-openai/core/Endpoint"
import * as Headers from "@effect/platform/Headers"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { createHash, timingSafeEqual } from "node:crypto"
import { rateLimitHeaders } from "./rateLimits.js"

type Request = HttpServerRequest.HttpServerRequest

// -----------------------------------------------------------------------------
// keys
// -----------------------------------------------------------------------------

/** A key that only its owner can recognize. */
const mask = (key: string): string => key.length < 20 ? "****" : `${key.slice(0, 5)}****${key.slice(-4)}`

const digest = (key: string): Uint8Array => createHash("sha256").update(key).digest()

/** Fails where the key of a request is missing or wrong. */
export type CheckKey = (request: Request) => Effect.Effect<void, Api.ServerError>

/** The keys of each credential. */
export type Keys = { readonly [C in Endpoint.Credential]: ReadonlyArray<Redacted.Redacted> | undefined }

/**
 * Checks the keys of one credential. Where it has none, every key is accepted that is not one of the other credential.
 * Every check takes the same time, whichever key is right.
 */
export const makeCheckKey = (keys: Keys, credential: Endpoint.Credential): CheckKey => {
  const digests = (keys: ReadonlyArray<Redacted.Redacted> | undefined) =>
    keys?.map((key) => digest(Redacted.value(key)))
  const known = digests(keys[credential])
  const others = digests(keys[credential === "apiKey" ? "adminKey" : "apiKey"]) ?? []
  return ({ headers }) => {
    const key = /^bearer +(.*\S)\s*$/i.exec(headers["authorization"] ?? "")?.[1]
    if (key === undefined) {
      return Effect.fail(
        new Api.ServerError({
          status: 401,
          message: "You didn't provide an API key. You need to provide your API key in an Authorization header " +
            "using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."
        })
      )
    }
    const given = digest(key)
    // Compares with all, and does not stop at the first that is equal.
    const isOneOf = (all: ReadonlyArray<Uint8Array>) =>
      all.reduce((found, one) => timingSafeEqual(one, given) || found, false)
    return (known === undefined ? !isOneOf(others) : isOneOf(known)) ? Effect.void : Effect.fail(
      new Api.ServerError({
        status: 401,
        code: "invalid_api_key",
        message: `Incorrect API key provided: ${mask(key)}. You can find your API key at ` +
          "https://platform.openai.com/account/api-keys.",
        summary: "Incorrect API key provided."
      })
    )
  }
}

/** Fails where the key of a request is of neither credential. */
export const makeCheckAnyKey = (keys: Keys): CheckKey => {
  const checkApiKey = makeCheckKey(keys, "apiKey")
  const checkAdminKey = makeCheckKey(keys, "adminKey")
  return (request) => Effect.catchAll(checkAdminKey(request), () => checkApiKey(request))
}

export const layerAuthorization = (keys: Keys): Layer.Layer<Api.Authorization | Api.AdminAuthorization> => {
  const check = (credential: Endpoint.Credential) => {
    const checkKey = makeCheckKey(keys, credential)
    return () => Effect.flatMap(HttpServerRequest.HttpServerRequest, checkKey)
  }
  return Layer.merge(
    Layer.succeed(Api.Authorization, { apiKey: check("apiKey") }),
    Layer.succeed(Api.AdminAuthorization, { adminKey: check("adminKey") })
  )
}

// -----------------------------------------------------------------------------
// beta
// -----------------------------------------------------------------------------

const beta = Endpoint.families.assistants.headers["openai-beta"]

const betasOf = ({ headers }: Request): ReadonlyArray<string> =>
  (headers["openai-beta"] ?? "").split(",").map((value) => value.trim())

/** The headers, with `OpenAI-Beta` as the contract has it where this version is one of several. */
export const withBeta = (request: Request): Headers.Headers =>
  betasOf(request).includes(beta) ? Headers.set(request.headers, "openai-beta", beta) : request.headers

export const layerAssistantsBeta: Layer.Layer<Api.AssistantsBeta> = Layer.succeed(
  Api.AssistantsBeta,
  Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => {
    const betas = betasOf(request)
    if (betas.includes(beta)) return Effect.void
    const other = betas.find((value) => value.startsWith("assistants="))
    return Effect.fail(
      new Api.ServerError({
        status: 400,
        code: "invalid_beta",
        message: other === undefined
          ? "You must provide the 'OpenAI-Beta' header to access the Assistants API. Please try again by setting " +
            `the header 'OpenAI-Beta: ${beta}'.`
          : `The header 'OpenAI-Beta: ${other}' names a version that this server does not support. It supports ` +
            `'OpenAI-Beta: ${beta}'.`,
        summary: other === undefined ? undefined : "The header 'OpenAI-Beta' names a version that is not supported."
      })
    )
  })
)

// -----------------------------------------------------------------------------
// origins
// -----------------------------------------------------------------------------

/** Allows pages of any origin to use the API, as the real one does. Their key decides what is allowed. */
export const allowAnyOrigin: <E, R>(app: HttpApp.Default<E, R>) => HttpApp.Default<E, R> = HttpMiddleware.cors({
  allowedMethods: ["GET", "HEAD", "POST", "DELETE"],
  exposedHeaders: [
    "x-request-id",
    "openai-processing-ms",
    "openai-poll-after-ms",
    "retry-after",
    "retry-after-ms",
    "x-should-retry",
    "content-disposition",
    "x-emulator-fault",
    ...rateLimitHeaders
  ],
  maxAge: 86_400
})

/** Host names that need no DNS, and so lead to no other machine. */
const isOwnName = (host: string): boolean => /^(?:localhost|[\d.]+|\[[\da-f:.]+\])(?::\d+)?$/i.test(host)

const foreign = new Api.ServerError({
  status: 403,
  message: "Pages of other origins have no access."
})

/** Refuses requests of pages of other origins, even where a name of theirs leads to this machine. */
export const refuseOtherOrigins = ({ headers }: Request): Effect.Effect<void, Api.ServerError> => {
  const { host = "", origin, "sec-fetch-site": site } = headers
  if (origin === undefined && site === undefined) return Effect.void
  const isSame = origin === undefined || origin.replace(/^https?:\/\//i, "") === host
  const isNear = site === undefined || site === "same-origin" || site === "none"
  return isSame && isNear && isOwnName(host) ? Effect.void : Effect.fail(foreign)
}
