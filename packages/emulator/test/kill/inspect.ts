/** What no caller asks for: a store has nothing twice, and nothing in progress. */
import { Store } from "@effect-openai/emulator"
import { Effect } from "effect"
import { messages, runs } from "../../src/internal/documents.js"

const notTwice = (name: string, all: ReadonlyArray<string>) => {
  const seen = new Set<string>()
  return all.flatMap((one) => {
    if (!seen.has(one)) {
      seen.add(one)
      return []
    }
    return [`There are two ${name}: ${one}`]
  })
}

type Created = Store.Document & { readonly created_at: number }

/** Returns what is wrong. */
export const inspect = (store: Store.Service) =>
  Effect.gen(function*() {
    const said = (yield* store.find(messages, { role: "user" })).map(({ content }) => JSON.stringify(content))
    const assistants = yield* store.find(
      Store.collection<Created & { readonly name: string }>({ name: "assistant" }),
      {}
    )
    return [
      ...notTwice("messages", said),
      ...notTwice("assistants", assistants.map(({ name }) => name)),
      ...(yield* store.find(runs, {})).flatMap(({ id, status }) =>
        ["queued", "in_progress", "requires_action", "cancelling"].includes(status) ? [`Run ${id} is ${status}.`] : []
      )
    ]
  })
