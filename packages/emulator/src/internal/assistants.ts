import type * as Contract from "@effect-openai/core/Assistants"
import * as Effect from "effect/Effect"
import * as Store from "../Store.js"
import { api } from "./api.js"
import * as attachments from "./attachments.js"
import {
  type Assistant,
  assistantFiles,
  assistants,
  freshId,
  getOrFail,
  getToUpdate,
  insert,
  list,
  now
} from "./documents.js"
import { fromStore, noAssistant } from "./errors.js"
import * as HttpApiBuilder from "./httpApiBuilder.js"

/** The values of null, and of absent fields of a new assistant. */
const defaults = {
  name: null,
  description: null,
  instructions: null,
  tools: [],
  metadata: {},
  temperature: 1,
  top_p: 1,
  response_format: "auto"
} satisfies Partial<Assistant>

/** The settings of a request without its files, which are attached. */
const settingsOf = ({ file_ids: _, ...given }: Contract.ModifyAssistantRequest): Partial<Assistant> => {
  const settings: Record<string, unknown> = {}
  for (const [field, value] of Object.entries(given)) {
    if (value !== undefined) settings[field] = value ?? defaults[field as keyof typeof defaults]
  }
  return settings
}

export const layer = HttpApiBuilder.group(api, "Assistants", (handlers) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    return handlers
      .handle("listAssistants", ({ urlParams: { after, before, limit = 20, order = "desc" } }) =>
        fromStore(list(assistants, { after, before, limit, order })))
      .handle("createAssistant", ({ payload }) =>
        fromStore(store.transaction(Effect.gen(function*() {
          const created_at = yield* now
          const assistant = yield* insert(assistants, freshId("asst_"), (id): Assistant => ({
            id,
            object: "assistant",
            created_at,
            ...defaults,
            file_ids: [],
            model: payload.model,
            ...settingsOf(payload)
          }))
          const { file_ids = [] } = payload
          return file_ids.length === 0 ? assistant : yield* attachments.replace(assistant.id, file_ids)
        }))))
      .handle("getAssistant", ({ path }) =>
        fromStore(getOrFail(assistants, path.assistant_id, noAssistant)))
      .handle("modifyAssistant", ({ path, payload }) =>
        fromStore(store.transaction(Effect.gen(function*() {
          const assistant = yield* getToUpdate(assistants, path.assistant_id, noAssistant)
          yield* store.set(assistants, { ...assistant, ...settingsOf(payload) })
          return yield* attachments.replace(assistant.id, payload.file_ids ?? assistant.file_ids)
        }))))
      .handle("deleteAssistant", ({ path }) =>
        fromStore(store.transaction(Effect.gen(function*() {
          const { file_ids, id } = yield* getToUpdate(assistants, path.assistant_id, noAssistant)
          yield* Effect.forEach(file_ids, (fileId) =>
            store.remove(assistantFiles, fileId, id))
          yield* store.remove(assistants, id)
          return { id, object: "assistant.deleted" as const, deleted: true }
        }))))
  }))
