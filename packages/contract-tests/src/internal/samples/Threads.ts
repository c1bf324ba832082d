import { Threads } from "@effect-openai/client"
import * as Effect from "effect/Effect"
import * as given from "../scenarios/given.js"
import type { Parameter, Samples } from "./sample.js"

export const thread_id: Parameter = {
  unknown: "thread_doesnotexist0000000000",
  create: () => Effect.map(given.thread(), ({ id }) => id)
}

export const samples: Samples<"Threads"> = {
  createThread: {
    body: () => ({}),
    references: () => Effect.succeed({ file_ids: undefined }),
    repeats: ["metadata"],
    cleanUp: ({ id }) => Threads.delete({ thread_id: id })
  },
  getThread: { parameters: { thread_id } },
  modifyThread: { parameters: { thread_id }, body: () => ({}), repeats: ["metadata"] },
  deleteThread: { parameters: { thread_id } }
}
