import { ServerError } from "@effect-openai/core/Api"
import * as Effect from "effect/Effect"
import { api } from "./api.js"
import { getOrFail, keyOf, list, messageFiles } from "./documents.js"
import { fromStore } from "./errors.js"
import * as HttpApiBuilder from "./httpApiBuilder.js"
import { messageOf } from "./messages.js"

const notAttached = (messageId: string) => (fileId: string): ServerError =>
  new ServerError({ status: 404, message: `No file found with id '${fileId}' attached to message '${messageId}'.` })

export const layer = HttpApiBuilder.group(api, "MessageFiles", (handlers) =>
  handlers
    .handle("listMessageFiles", ({ path, urlParams: { after, before, limit = 20, order = "desc" } }) =>
      fromStore(Effect.flatMap(messageOf(path), (message) =>
        list(messageFiles, { parent: keyOf(message), after, before, limit, order }))))
    .handle("getMessageFile", ({ path }) =>
      fromStore(Effect.flatMap(messageOf(path), (message) =>
        getOrFail(messageFiles, path.file_id, notAttached(message.id), keyOf(message))))))
