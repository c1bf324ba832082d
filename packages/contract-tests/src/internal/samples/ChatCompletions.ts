import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as given from "../scenarios/given.js"
import type { Fields, Samples } from "./sample.js"

/** A conversation without tool messages: no Schema states which calls they reply to. */
const withoutTools = (messages: unknown): unknown => {
  if (!Array.isArray(messages)) return messages
  const kept = messages.filter((message) => !Predicate.isRecord(message) || message["role"] !== "tool")
  return kept.length > 0 ? kept : [{ role: "user", content: "Say hello." }]
}

/** Few choices, for a model charges for each, and no sound. */
const adapt = ({ audio: _, messages, modalities: _1, n, ...body }: Fields): Fields => ({
  ...body,
  ...(messages === undefined ? {} : { messages: withoutTools(messages) }),
  ...(typeof n === "number" ? { n: Math.min(n, 2) } : {})
})

export const samples: Samples<"ChatCompletions"> = {
  createChatCompletion: {
    body: ({ chat }) => ({ model: chat, messages: [{ role: "user", content: "Say hello." }] }),
    references: () => Effect.map(given.model, (model) => ({ model })),
    adapt,
    violations: [{
      title: "messages with a refusal beside text",
      field: "messages",
      body: {
        messages: [{
          role: "assistant",
          content: [{ type: "text", text: "Hello." }, { type: "refusal", refusal: "No." }]
        }]
      }
    }]
  }
}
