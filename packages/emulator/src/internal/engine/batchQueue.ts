import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as Store from "../../Store.js"
import * as Caller from "../caller.js"
import { batches, takeTurn } from "../documents.js"
import { modifiedOf, ofOrganization } from "../organization/rateLimits.js"
import { isObject } from "../purposes.js"
import { organization } from "./fineTuning.js"

// A model has a limit of tokens that the batches of a project may have enqueued.

/** The tokens that a batch has enqueued until it ends. All its requests are for one model. */
export interface Enqueued {
  readonly model: string
  readonly tokens: number
}

/** The tokens of an input: those of its texts, and the numbers in it, which are tokens themselves. */
export const inputTokens = (count: (text: string) => number, input: unknown): number =>
  typeof input === "string"
    ? count(input)
    : typeof input === "number"
    ? 1
    : Array.isArray(input)
    ? input.reduce((sum: number, one) => sum + inputTokens(count, one), 0)
    : isObject(input)
    ? inputTokens(count, input["content"] ?? input["text"] ?? [])
    : 0

const limitOf = (model: string) =>
  Effect.gen(function*() {
    const caller = yield* FiberRef.get(Caller.current)
    const project_id = caller?.project_id ?? ""
    const limit = (yield* modifiedOf(project_id, model)) ?? ofOrganization(project_id, model)
    return limit.batch_1_day_max_input_tokens ?? Infinity
  })

/**
 * The errors of a batch whose tokens exceed the limit of its model, together with those of the batches in progress. Must run
 * in a transaction.
 */
export const enqueue = ({ model, tokens }: Enqueued) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    yield* takeTurn("batches")
    const limit = yield* limitOf(model)
    const inProgress = yield* store.find(batches, { status: "in_progress" })
    const before = inProgress.reduce((sum, { enqueued }) => enqueued?.model === model ? sum + enqueued.tokens : sum, 0)
    return before + tokens <= limit ? [] : [{
      code: "token_limit_exceeded",
      message: `Enqueued token limit reached for ${model} in organization org-${organization}. ` +
        `Limit: ${limit.toLocaleString("en-US")} enqueued tokens. ` +
        "Please try again once some in_progress batches have been completed.",
      param: null,
      line: null
    }]
  })
