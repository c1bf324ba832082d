import { ServerError } from "@effect-openai/core/Api"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Store from "../Store.js"
import { type AssistantFile, assistantFiles, assistants, files, getToShare, getToUpdate, now } from "./documents.js"
import { noAssistant, noFile } from "./errors.js"
import { attachments as rules } from "./rules/files.js"
import { check } from "./rules/rule.js"

// An assistant's `file_ids` and its assistant files must agree: each of these functions must run in a transaction.

const maxFiles = 20

/** Attaches a file, or finds it attached. */
export const attach = (assistantId: string, fileId: string) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const assistant = yield* getToUpdate(assistants, assistantId, noAssistant)
    const attached = yield* store.get(assistantFiles, fileId, assistantId)
    if (Option.isSome(attached)) return attached.value
    yield* check(rules, yield* getToShare(files, fileId, noFile))
    if (assistant.file_ids.length >= maxFiles) {
      return yield* new ServerError({
        status: 400,
        param: "file_id",
        message: `Assistant ${assistantId} already has ${maxFiles} files, the most that can be attached.`
      })
    }
    const assistantFile: AssistantFile = {
      id: fileId,
      object: "assistant.file",
      created_at: yield* now,
      assistant_id: assistantId
    }
    yield* store.set(assistantFiles, assistantFile)
    yield* store.set(assistants, { ...assistant, file_ids: [...assistant.file_ids, fileId] })
    return assistantFile
  })

/** Detaches a file, and says whether it was attached. */
export const detach = (assistantId: string, fileId: string) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const assistant = yield* getToUpdate(assistants, assistantId, noAssistant)
    if (!(yield* store.remove(assistantFiles, fileId, assistantId))) return false
    yield* store.set(assistants, { ...assistant, file_ids: assistant.file_ids.filter((id) => id !== fileId) })
    return true
  })

/** Gives an assistant the files of a list: what is not in it is detached, what is new is attached. */
export const replace = (assistantId: string, fileIds: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const { file_ids } = yield* getToUpdate(assistants, assistantId, noAssistant)
    for (const id of file_ids) if (!fileIds.includes(id)) yield* detach(assistantId, id)
    for (const id of fileIds) yield* attach(assistantId, id)
    return yield* getToUpdate(assistants, assistantId, noAssistant)
  })
