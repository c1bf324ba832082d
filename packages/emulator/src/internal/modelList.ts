import type * as Contract from "@effect-openai/core/Models"
import * as Effect from "effect/Effect"
import * as Store from "../Store.js"
import { all, deletedModels, fineTunedModels } from "./documents.js"

const model = (id: string, created: number, owned_by: string): Contract.Model => ({
  id,
  object: "model",
  created,
  owned_by
})

const models: ReadonlyArray<Contract.Model> = [
  model("gpt-4o", 1_715_367_049, "system"),
  model("gpt-4o-mini", 1_721_172_741, "system"),
  model("gpt-4-turbo", 1_712_361_441, "system"),
  model("gpt-4", 1_687_882_411, "openai"),
  model("gpt-3.5-turbo", 1_677_610_602, "openai"),
  model("o1", 1_734_375_816, "system"),
  model("gpt-3.5-turbo-instruct", 1_692_901_427, "system"),
  model("davinci-002", 1_692_634_301, "system"),
  model("babbage-002", 1_692_634_615, "system"),
  model("tts-1", 1_681_940_951, "openai-internal"),
  model("tts-1-hd", 1_699_046_015, "system"),
  model("whisper-1", 1_677_532_384, "openai-internal"),
  model("dall-e-2", 1_698_798_177, "system"),
  model("dall-e-3", 1_698_785_189, "system"),
  model("omni-moderation-latest", 1_731_689_265, "system"),
  model("text-embedding-ada-002", 1_671_217_299, "openai-internal"),
  model("text-embedding-3-small", 1_705_948_997, "system"),
  model("text-embedding-3-large", 1_705_953_180, "system"),
  // The only one that can be deleted.
  model("ft:gpt-3.5-turbo:acemeco:suffix:abc123", 1_692_661_014, "acemeco")
]

/** The models that have limits. */
export const modelIds: ReadonlyArray<string> = models.map(({ id }) => id)

/** The models that are available: the emulator's own, and those that jobs created. */
export const available = Effect.gen(function*() {
  const store = yield* Store.Store
  const deleted = yield* store.list(deletedModels, { order: "asc", limit: all })
  const fineTuned = yield* store.list(fineTunedModels, { order: "asc", limit: all })
  const ids = new Set(deleted.data.map(({ id }) => id))
  return [
    ...models.filter(({ id }) => !ids.has(id)),
    ...fineTuned.data.map(({ created_at, id, owned_by }) => model(id, created_at, owned_by))
  ]
})
