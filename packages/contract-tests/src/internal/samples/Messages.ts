import * as Effect from "effect/Effect"
import * as given from "../scenarios/given.js"
import type { Parameter, Samples } from "./sample.js"
import { thread_id } from "./Threads.js"

export const message_id: Parameter = {
  unknown: "msg_doesnotexist0000000000000",
  create: ({ thread_id }) => Effect.map(given.message(thread_id!), ({ id }) => id)
}

export const samples: Samples<"Messages"> = {
  listMessages: {
    parameters: { thread_id },
    references: () => Effect.succeed({ run_id: undefined }),
    items: {
      create: ({ thread_id }) => given.sequentially((content) => given.message(thread_id!, { content }))
    }
  },
  createMessage: {
    parameters: { thread_id },
    body: () => ({ role: "user", content: "How many stars shine?" }),
    references: () => Effect.succeed({ file_ids: undefined }),
    repeats: ["metadata", "role"]
  },
  getMessage: { parameters: { thread_id, message_id } },
  modifyMessage: { parameters: { thread_id, message_id }, body: () => ({}), repeats: ["metadata"] }
}
