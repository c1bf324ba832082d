import { ServerError } from "@effect-openai/core/Api"
import type * as Contract from "@effect-openai/core/Models"
import * as HttpApiBuilder from "@effect/platform/HttpApiBuilder"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Store from "../Store.js"
import { api } from "./api.js"
import { all, deletedModels, now } from "./documents.js"
import { fromStore } from "./errors.js"

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

const noModel = (id: string): ServerError =>
  new ServerError({
    status: 404,
    message: `The model '${id}' does not exist`,
    param: "model",
    code: "model_not_found"
  })

const notFineTuned = (id: string): ServerError =>
  new ServerError({
    status: 403,
    message: `The model '${id}' can't be deleted: it is not fine-tuned.`,
    param: "model"
  })

export const layer = HttpApiBuilder.group(api, "Models", (handlers) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const find = (id: string) =>
      Effect.gen(function*() {
        const found = models.find((model) => model.id === id)
        const isDeleted = Option.isSome(yield* store.get(deletedModels, id))
        return found === undefined || isDeleted ? yield* noModel(id) : found
      })
    return handlers
      .handle("listModels", () =>
        fromStore(Effect.map(store.list(deletedModels, { order: "asc", limit: all }), (deleted) => {
          const ids = new Set(deleted.data.map(({ id }) =>
            id
          ))
          return { object: "list" as const, data: models.filter(({ id }) => !ids.has(id)) }
        })))
      .handle("retrieveModel", ({ path }) => fromStore(find(path.model)))
      .handle("deleteModel", ({ path }) =>
        fromStore(store.transaction(Effect.gen(function*() {
          const { id } = yield* find(path.model)
          if (!id.startsWith("ft:")) return yield* notFineTuned(id)
          yield* store.set(deletedModels, { id, created_at: yield* now })
          return { id, object: "model", deleted: true }
        }))))
  }))
