import type * as Endpoint from "@effect-openai/core/Endpoint"
import type * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Options } from "../../OpenAiClient.js"
import { defaultBaseUrl, invalidOption } from "../options.js"
import * as Admission from "./admission.js"
import * as Pace from "./pace.js"

/** The requests of an operation of administration that the API admits in a minute. */
const administrationRequests = 7

const isLimit = (value: number) => value === Infinity || (Number.isInteger(value) && value > 0)

/** What the server counts by. */
interface Identity {
  readonly baseUrl: string
  readonly organization: string | undefined
  readonly project: string | undefined
}

/** Makes all limits of a client. */
export const make = (
  options: Options,
  keys: { readonly [C in Endpoint.Credential]: string | undefined },
  { baseUrl, organization, project }: Identity
): Effect.Effect<Admission.Admission, ConfigError.ConfigError> =>
  Effect.gen(function*() {
    const makeRateLimiter = yield* Admission.CurrentRateLimiter
    const isApi = new URL(baseUrl).host === new URL(defaultBaseUrl).host
    const { administrationRequests: pace = isApi ? administrationRequests : Infinity, concurrency = Infinity } = options
    const { streamConcurrency: streams = Math.ceil(concurrency / 2) } = options
    for (
      const [option, count] of Object.entries({
        concurrency,
        streamConcurrency: streams,
        administrationRequests: pace
      })
    ) {
      if (!isLimit(count)) return yield* invalidOption(option, "is not a positive integer")
    }
    // The server counts per key, and per organization and project that the key is used for.
    const rateLimiterOf = (key: string | undefined) =>
      makeRateLimiter === undefined || key === undefined
        ? Effect.succeed(undefined)
        : makeRateLimiter(Redacted.make([baseUrl, key, organization, project].join("\n")))
    return Admission.make({
      concurrency,
      streams,
      pace: pace === Infinity ? undefined : Pace.make(pace),
      rateLimiters: makeRateLimiter && {
        apiKey: yield* rateLimiterOf(keys.apiKey),
        adminKey: yield* rateLimiterOf(keys.adminKey)
      }
    })
  })
