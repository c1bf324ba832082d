import { MessageFiles } from "@effect-openai/client"
import * as Effect from "effect/Effect"
import * as Scenario from "../../Scenario.js"
import * as given from "../scenarios/given.js"
import * as Files from "./Files.js"
import * as Messages from "./Messages.js"
import type { Parameter, Samples } from "./sample.js"
import { thread_id } from "./Threads.js"

/** A message with two files: files can't be attached later. */
const message_id: Parameter = {
  ...Messages.message_id,
  requires: ["files"],
  create: ({ thread_id }) =>
    Effect.gen(function*() {
      const files = [yield* given.file("one"), yield* given.file("two")]
      return (yield* given.message(thread_id!, { file_ids: files.map(({ id }) => id) })).id
    })
}

const file_id: Parameter = {
  ...Files.file_id,
  create: ({ message_id, thread_id }, index) =>
    Effect.flatMap(
      MessageFiles.list({ thread_id: thread_id!, message_id: message_id! }),
      ({ data }) => Effect.map(Scenario.present("the message has its files", data[index]), ({ id }) => id)
    )
}

export const samples: Samples<"MessageFiles"> = {
  listMessageFiles: {
    parameters: { thread_id, message_id },
    items: {
      requires: ["files"],
      create: () => given.sequentially((name) => given.file(name)),
      path: ({ thread_id }, file_ids) =>
        Effect.map(given.message(thread_id!, { file_ids: [...file_ids] }), ({ id }) => ({
          thread_id: thread_id!,
          message_id: id
        }))
    }
  },
  getMessageFile: { parameters: { thread_id, message_id, file_id } }
}
