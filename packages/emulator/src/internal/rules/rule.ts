import type { ServerError } from "@effect-openai/core/Api"
import * as Effect from "effect/Effect"
import { refused } from "../errors.js"

// Rules about several fields of a request, which its Schema does not have. Each resource has a table of them.

/** How a request breaks a rule. */
export interface Broken {
  readonly message: string
  /** Default: that of the rule. */
  readonly param?: string
  readonly code?: string
  /** The message for logs, where `message` repeats parts of the request. Default: `message`. */
  readonly summary?: string
}

export interface Rule<in Request> {
  /** The field that the refusal names. Null if it names none. */
  readonly param: string | null
  /** How the request breaks the rule, or else undefined. */
  readonly check: (request: Request) => Broken | string | undefined
}

/** Refuses a request that breaks a rule, with the first rule that it breaks. */
export const check = <Request>(
  rules: ReadonlyArray<Rule<Request>>,
  request: Request
): Effect.Effect<void, ServerError> =>
  Effect.suspend(() => {
    for (const rule of rules) {
      const found = rule.check(request)
      if (found === undefined) continue
      const { code, message, param = rule.param, summary } = typeof found === "string" ? { message: found } : found
      return refused(message, param, { code, summary })
    }
    return Effect.void
  })

/** A field that has an effect only together with another one. */
export const needs = <Name extends string>(
  param: Name,
  condition: string
) =>
<Request extends { readonly [K in Name]?: unknown }>(isMet: (request: Request) => boolean): Rule<Request> => ({
  param,
  check: (request) =>
    request[param] == null || isMet(request) ? undefined : `'${param}' is only allowed when ${condition}.`
})

/** The options of a stream have no effect without one. */
export const streamOptions: Rule<
  { readonly stream?: boolean | null | undefined; readonly stream_options?: object | null | undefined }
> = {
  param: "stream_options",
  check: ({ stream, stream_options }) =>
    stream_options == null || stream === true
      ? undefined
      : "The 'stream_options' parameter is only allowed when 'stream' is enabled."
}
