import type * as Messages from "@effect-openai/core/Messages"
import type * as Tolerant from "@effect-openai/core/Tolerant"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Ending } from "../../Model.js"
import * as Store from "../../Store.js"
import {
  files,
  freshId,
  insertOwner,
  type Message,
  type MessageFile,
  messageFiles,
  now,
  writeBlob
} from "../documents.js"

type FileCitation = Tolerant.Documented<Messages.FileCitation>

type FilePath = Tolerant.Documented<Messages.FilePath>

const spanOf = ({ marker, start }: { readonly marker: string; readonly start: number }) => ({
  text: marker,
  start_index: start,
  end_index: start + marker.length
})

/** Keeps a file that the model wrote, as one of the message's. */
const keep = (message: Message, filename: string, content: string) =>
  Effect.gen(function*() {
    const store = yield* Store.Store
    const bytes = new TextEncoder().encode(content)
    const created_at = yield* now
    const id = yield* writeBlob(freshId("file-"), Stream.make(bytes))
    yield* insertOwner(files, {
      id,
      object: "file",
      bytes: bytes.length,
      created_at,
      filename,
      purpose: "assistants_output",
      status: "processed"
    })
    const attached: MessageFile = {
      id,
      object: "thread.message.file",
      created_at,
      message_id: message.id,
      thread_id: message.thread_id
    }
    yield* store.set(messageFiles, attached)
    return id
  })

/**
 * What is noted on the text of a message, with the files that it brings along, in the order of the text. What lies beyond
 * the end of a text that was cut is left out. Must run in a transaction.
 */
export const annotate = (message: Message, value: string, { citations, files }: Ending) =>
  Effect.gen(function*() {
    const isThere = ({ marker, start }: { readonly marker: string; readonly start: number }) =>
      start + marker.length <= value.length
    const cited = citations.filter(isThere).map((citation): FileCitation => ({
      type: "file_citation",
      ...spanOf(citation),
      file_citation: { file_id: citation.fileId, quote: citation.quote }
    }))
    const kept = yield* Effect.forEach(
      files.filter(isThere),
      (file) =>
        Effect.map(keep(message, file.filename, file.content), (file_id): FilePath => ({
          type: "file_path",
          ...spanOf(file),
          file_path: { file_id }
        }))
    )
    return {
      annotations: [...cited, ...kept].sort((one, other) => one.start_index - other.start_index),
      file_ids: [...message.file_ids, ...kept.map(({ file_path }) => file_path.file_id)]
    }
  })
