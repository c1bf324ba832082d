import { ServerError } from "@effect-openai/core/Api"
import * as Effect from "effect/Effect"
import * as Store from "../Store.js"
import { api } from "./api.js"
import { deletedModels, fineTunedModels, now } from "./documents.js"
import { fromStore } from "./errors.js"
import * as HttpApiBuilder from "./httpApiBuilder.js"
import { available } from "./modelList.js"

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
      Effect.flatMap(available, (models) => {
        const found = models.find((model) => model.id === id)
        return found === undefined ? Effect.fail(noModel(id)) : Effect.succeed(found)
      })
    return handlers
      .handle("listModels", () => fromStore(Effect.map(available, (data) => ({ object: "list" as const, data }))))
      .handle("retrieveModel", ({ path }) => fromStore(find(path.model)))
      .handle("deleteModel", ({ path }) =>
        fromStore(store.transaction(Effect.gen(function*() {
          const { id } = yield* find(path.model)
          if (!id.startsWith("ft:")) return yield* notFineTuned(id)
          const isCreated = yield* store.remove(fineTunedModels, id)
          if (!isCreated) yield* store.set(deletedModels, { id, created_at: yield* now })
          return { id, object: "model", deleted: true }
        }))))
  }))
