/**
 * A batch: typed requests in, a typed result for each out.
 */
import { Batches, ChatCompletions } from "@effect-openai/client"
import { Effect, Either, Stream } from "effect"
import { note, step } from "./print.js"

const model = "gpt-4o-mini"

const ask = (content: string) => ({ model, messages: [{ role: "user" as const, content }] })

export const batch = Effect.gen(function*() {
  yield* step("Run a batch of three requests, one of which is refused")
  const results = Batches.run(ChatCompletions.create, {
    hello: ask("Say hello."),
    goodbye: ask("Say goodbye."),
    json: { ...ask("List three colours."), response_format: { type: "json_object" } }
  }, {
    onProgress: ({ request_counts, status }) =>
      note(`${status}: ${request_counts?.completed ?? 0} of ${request_counts?.total ?? 0}`)
  })
  yield* Stream.runForEach(results, ({ custom_id, result }) =>
    note(`${custom_id}: ${
      Either.match(result, {
        onLeft: (error) => `${error._tag}, ${error.message}`,
        onRight: ({ choices }) => choices[0]?.message.content ?? "no text"
      })
    }`))
})
