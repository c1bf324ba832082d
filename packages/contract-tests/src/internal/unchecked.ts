import type * as OpenAiClient from "@effect-openai/client/OpenAiClient"
import type * as Endpoint from "@effect-openai/core/Endpoint"
import * as Record from "effect/Record"
import * as Schema from "effect/Schema"

const anything = (success: Endpoint.SingleSuccess): Endpoint.SingleSuccess =>
  success._tag === "Json" ? { ...success, schema: Schema.Unknown } : success

const cache = new WeakMap<Endpoint.Any, Endpoint.Any>()

/** The endpoint, with a response and events that may be any JSON. */
const unchecked = (endpoint: Endpoint.Any): Endpoint.Any => {
  let found = cache.get(endpoint)
  if (found === undefined) {
    const { events, success } = endpoint
    found = {
      ...endpoint,
      events: events && { ...events, schema: Schema.Unknown },
      success: success._tag === "ByField"
        ? { ...success, cases: Record.map(success.cases, anything) }
        : anything(success)
    }
    cache.set(endpoint, found)
  }
  return found
}

/**
 * A client that returns JSON as it is received, even if it does not fit the contract, so that a scenario continues. The
 * exchange has the deviations.
 */
export const client = (service: OpenAiClient.Service): OpenAiClient.Service => ({
  redact: service.redact,
  run: (runner, endpoint, request) => service.run(runner, unchecked(endpoint), request)
})
