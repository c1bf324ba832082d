import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Store from "../../Store.js"
import { modelIds } from "../modelList.js"
import * as Documents from "./documents.js"

const prefix = "rl-"

/** The limits of every model, in a minute. */
export const shown = { requests: 10_000, tokens: 2_000_000 }

const isImage = (model: string): boolean => /^(dall-e|gpt-image)/.test(model)

const isChat = (model: string): boolean => /^(gpt-|o1|chatgpt)/.test(model)

/** The limits that only some models have. */
const relevant = (model: string) => ({
  ...(isImage(model) ? { max_images_per_1_minute: 500 } : {}),
  ...(/^whisper/.test(model) ? { max_audio_megabytes_per_1_minute: 1000 } : {}),
  // As many as all minutes of a day allow.
  ...(isChat(model) || isImage(model) ? { max_requests_per_1_day: 1440 * shown.requests } : {}),
  ...(isChat(model) ? { batch_1_day_max_input_tokens: 1_000_000_000 } : {})
})

/** The limits of the organization. Those of a project are the same until they are modified. */
export const ofOrganization = (project_id: string, model: string): Documents.RateLimit => ({
  object: "project.rate_limit",
  id: `${prefix}${model}`,
  model,
  max_requests_per_1_minute: shown.requests,
  max_tokens_per_1_minute: shown.tokens,
  ...relevant(model),
  project_id
})

export const all = (project_id: string) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const modified = yield* store.find(Documents.rateLimits, { project_id })
    return modelIds.map((model) => modified.find((limit) => limit.model === model) ?? ofOrganization(project_id, model))
  })

/** The limit of a model, if a project has modified it. */
export const modifiedOf = (project_id: string, model: string) =>
  Effect.map(
    Effect.flatMap(Store.Store, (store) => store.get(Documents.rateLimits, `${prefix}${model}`, project_id)),
    Option.getOrUndefined
  )
