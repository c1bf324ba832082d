import { ServerError } from "@effect-openai/core/Api"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Store from "../Store.js"
import { api } from "./api.js"
import * as attachments from "./attachments.js"
import { assistantFiles, assistants, getOrFail, list } from "./documents.js"
import { fromStore, noAssistant } from "./errors.js"
import * as HttpApiBuilder from "./httpApiBuilder.js"

interface Path {
  readonly assistant_id: string
  readonly file_id: string
}

const notAttached = ({ assistant_id, file_id }: Path): ServerError =>
  new ServerError({
    status: 404,
    message: `No file found with id '${file_id}' attached to assistant '${assistant_id}'.`
  })

export const layer = HttpApiBuilder.group(api, "AssistantFiles", (handlers) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    return handlers
      .handle("listAssistantFiles", ({ path, urlParams: { after, before, limit = 20, order = "desc" } }) =>
        fromStore(Effect.zipRight(
          getOrFail(assistants, path.assistant_id, noAssistant),
          list(assistantFiles, { parent: path.assistant_id, after, before, limit, order })
        )))
      .handle("createAssistantFile", ({ path, payload }) =>
        fromStore(store.transaction(attachments.attach(path.assistant_id, payload.file_id))))
      .handle("getAssistantFile", ({ path }) =>
        fromStore(Effect.gen(function*() {
          yield* getOrFail(assistants, path.assistant_id, noAssistant)
          const attached = yield* store.get(assistantFiles, path.file_id, path.assistant_id)
          return Option.isSome(attached) ? attached.value : yield* notAttached(path)
        })))
      .handle("deleteAssistantFile", ({ path }) =>
        fromStore(store.transaction(Effect.gen(function*() {
          const detached = yield* attachments.detach(path.assistant_id, path.file_id)
          if (!detached) {
            return yield* notAttached(path)
          }
          return { id: path.file_id, object: "assistant.file.deleted" as const, deleted: true }
        }))))
  }))
